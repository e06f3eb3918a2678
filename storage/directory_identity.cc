#include "storage/directory_identity.h"

#include <xxhash.h>

#include <optional>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/check.h"

namespace quorate::storage {
namespace {

constexpr int32_t kFormatVersion = 1;

const char* NameOf(Role role) { return role == Role::kController ? "controller" : "broker"; }

// Returns the value of the line NAME=… in a properties file, or nullopt if there is no such line.
std::optional<std::string> FindValue(const std::string& content, std::string_view name) {
  const std::vector<std::string> lines = absl::StrSplit(content, '\n');
  for (const std::string& line : lines) {
    if (line.size() > name.size() && line.starts_with(name) && line[name.size()] == '=') {
      return line.substr(name.size() + 1);
    }
  }
  return std::nullopt;
}

}  // namespace

std::string ToString(const DirectoryOwner& owner) {
  return absl::StrFormat("%s %d of cluster %s", NameOf(owner.role), owner.node_id,
                         owner.cluster_id);
}

std::string EncodeIdentity(const DirectoryIdentity& identity) {
  std::string text = absl::StrFormat(
      "# Whose data this is. Made at the first start; not to be edited or copied.\n"
      "format.version=%d\n"
      "cluster.id=%s\n"
      "role=%s\n"
      "node.id=%d\n"
      "directory.id=%s\n"
      "formatted=%s\n",
      kFormatVersion, identity.owner.cluster_id, NameOf(identity.owner.role),
      identity.owner.node_id, identity.directory_id.ToString(),
      identity.is_formatted ? "true" : "false");
  const uint64_t checksum = XXH3_64bits(text.data(), text.size());
  return text + absl::StrFormat("checksum=%016x\n", checksum);
}

absl::StatusOr<DirectoryIdentity> ParseIdentity(const std::string& content) {
  int32_t version = 0;
  if (absl::SimpleAtoi(FindValue(content, "format.version").value_or(""), &version) &&
      version > kFormatVersion) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "it has format version %d, but this program supports up to %d; start the newer program "
        "that wrote it",
        version, kFormatVersion));
  }
  DirectoryIdentity identity;
  identity.owner.cluster_id = FindValue(content, "cluster.id").value_or("");
  identity.owner.role =
      FindValue(content, "role") == NameOf(Role::kBroker) ? Role::kBroker : Role::kController;
  identity.directory_id =
      Uuid::Parse(FindValue(content, "directory.id").value_or("")).value_or(Uuid());
  identity.is_formatted = FindValue(content, "formatted") == "true";
  // If anything is missing, added or changed, the text differs from the one that we write.
  if (!absl::SimpleAtoi(FindValue(content, "node.id").value_or(""), &identity.owner.node_id) ||
      EncodeIdentity(identity) != content) {
    return absl::DataLossError(
        absl::StrFormat("%s is damaged or was edited; put the original file back", kIdentityName));
  }
  return identity;
}

}  // namespace quorate::storage
