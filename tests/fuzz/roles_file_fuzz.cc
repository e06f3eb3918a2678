// The file that gives roles to certificates (--roles-file).
#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "security/roles_file.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

using security::Identity;
using security::NamedRoles;

// The error begins with the number of a line of the file.
void CheckRefusal(const absl::Status& status, const std::string& text) {
  CheckError(status);
  const std::string message(status.message());
  CHECK(message.starts_with("line ")) << message;
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  const int64_t number = std::stoll(message.substr(5));
  CHECK_GE(number, 1);
  CHECK_LE(number, lines);
}

// Returns the line of a roles file that gives the certificate `name` to this owner.
std::string LineOf(const std::string& name, const Identity& owner) {
  std::string line = NameOf(owner.role);
  if (IsNode(owner.role)) absl::StrAppend(&line, " ", owner.id);
  return absl::StrCat(line, " ", name, "\n");
}

void CheckOwner(const std::string& name, const Identity& owner) {
  CHECK(!name.empty());
  CHECK_LE(name.size(), Identity::kMaxNameBytes);
  CheckLine(name);
  CheckLine(PrincipalOf(owner));
  CHECK_EQ(owner.id >= 0, IsNode(owner.role));
  CHECK_EQ(owner.name, IsNode(owner.role) ? "" : name);
}

// A file that is accepted gives the same roles if it is written again.
void CheckRolesFile(const std::string& text) {
  const absl::StatusOr<NamedRoles> roles = security::ParseRolesFile(text);
  if (!roles.ok()) return CheckRefusal(roles.status(), text);
  std::string again;
  for (const auto& [name, owner] : *roles) {
    CheckOwner(name, owner);
    again += LineOf(name, owner);
  }
  const absl::StatusOr<NamedRoles> same = security::ParseRolesFile(again);
  CHECK_OK(same.status());
  CHECK(*same == *roles) << again;
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  quorate::fuzz::CheckRolesFile({reinterpret_cast<const char*>(data), size});
  return 0;
}
