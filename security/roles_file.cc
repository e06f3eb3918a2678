#include "security/roles_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/quote.h"

namespace quorate::security {
namespace {

// The most bytes of a word that a message repeats.
constexpr size_t kMaxQuotedBytes = 40;

std::string Quoted(absl::string_view text) {
  return absl::StrCat("'", Printable({text.data(), text.size()}, kMaxQuotedBytes), "'");
}

// Cuts the first word off `rest`, with the blanks behind it.
absl::string_view TakeWord(absl::string_view& rest) {
  const size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  const absl::string_view word = rest.substr(0, end);
  rest = absl::StripLeadingAsciiWhitespace(rest.substr(end));
  return word;
}

absl::Status CheckName(absl::string_view name) {
  if (name.empty()) {
    return absl::InvalidArgumentError(
        "a name of the certificate is missing: add its subject, such as CN=alice,O=corp, or a URI, "
        "such as URI:spiffe://corp/alice");
  }
  if (name.size() > Identity::kMaxNameBytes) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the name %s has %d bytes, and the limit is %d: issue a certificate with a shorter one",
        Quoted(name), name.size(), Identity::kMaxNameBytes));
  }
  if (absl::StrContains(name, '\t')) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the name %s contains a tab: write a space between the words of a name", Quoted(name)));
  }
  const bool is_uri = absl::ConsumePrefix(&name, "URI:");
  if (name.empty() || !absl::StrContains(name, is_uri ? ':' : '=')) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is neither a subject, such as CN=alice,O=corp, nor a URI, such as "
                        "URI:spiffe://corp/alice",
                        Quoted(name)));
  }
  return absl::OkStatus();
}

// Parses one line, "ROLE NAME" or "ROLE ID NAME", and sets `name` to the rest.
absl::StatusOr<Identity> ParseLine(absl::string_view line, absl::string_view& name) {
  if (!std::all_of(line.begin(), line.end(), [](char c) {
        return absl::ascii_isprint(static_cast<unsigned char>(c)) || c == '\t';
      })) {
    return absl::InvalidArgumentError(
        "it has a character that is not printable ASCII: write a subject as 'openssl x509 -noout "
        "-subject -nameopt RFC2253' prints it");
  }
  name = line;
  const absl::string_view word = TakeWord(name);
  const std::optional<Role> role = RoleOf(word);
  if (!role) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s is not a role: begin the line with admin, operator, reader, broker ID or controller ID",
        Quoted(word)));
  }
  Identity identity = {.role = *role};
  if (IsNode(*role)) {
    const absl::string_view id_text = TakeWord(name);
    const std::optional<int32_t> id = ParseNodeId(id_text);
    if (!id) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "%s is not the id of a %s: write the role as '%s 3'", Quoted(id_text), word, word));
    }
    identity.id = *id;
  } else {
    identity.name = std::string(name);
  }
  RETURN_IF_ERROR(CheckName(name));
  return identity;
}

}  // namespace

absl::StatusOr<NamedRoles> ParseRolesFile(absl::string_view text) {
  NamedRoles roles;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line);
    if (line.empty() || line.front() == '#') continue;
    absl::string_view name;
    absl::StatusOr<Identity> identity = ParseLine(line, name);
    if (!identity.ok()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("line %d: %s", number, identity.status().message()));
    }
    if (!roles.emplace(name, *std::move(identity)).second) {
      return absl::InvalidArgumentError(absl::StrFormat(
          "line %d: an earlier line gives %s a role: keep one of them", number, Quoted(name)));
    }
  }
  return roles;
}

}  // namespace quorate::security
