// Single values in requests, messages, certificates and names of files, and the lines of the log.
// Every value is parsed as each kind.
#include <algorithm>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/host_port.h"
#include "base/json_log_line.h"
#include "base/uuid.h"
#include "metadata/configs/config_keys.h"
#include "metadata/configs/config_value.h"
#include "metadata/topic_name.h"
#include "security/certificate_names.h"
#include "security/node_uri.h"
#include "storage/snapshot_names.h"
#include "tests/fuzz/properties.h"

namespace quorate::fuzz {
namespace {

void CheckEndpoint(const std::string& text) {
  const absl::StatusOr<HostPort> advertised = ParseAdvertised(text);
  if (!advertised.ok()) CheckError(advertised.status());
  const absl::StatusOr<HostPort> endpoint = ParseHostPort(text);
  if (!endpoint.ok()) {
    CHECK(!advertised.ok());
    return CheckError(endpoint.status());
  }
  CHECK_EQ(advertised.ok(), !endpoint->IsWildcard() && endpoint->port != 0);
  CheckLine(endpoint->host);
  CHECK(endpoint->host.find(' ') == std::string::npos);
  const absl::StatusOr<HostPort> again = ParseHostPort(endpoint->ToString());
  CHECK_OK(again.status());
  CHECK(*again == *endpoint);
}

void CheckUuid(const std::string& text) {
  if (const auto id = Uuid::Parse(text)) CHECK_EQ(id->ToString(), text);
  if (const auto id = Uuid::FromBytes(text)) CHECK(Uuid::Parse(id->ToString()) == id);
}

void CheckTopicName(const std::string& text) {
  const absl::Status status = metadata::ValidateTopicName(text);
  if (!status.ok()) return CheckError(status);
  CHECK_LE(text.size(), metadata::kMaxTopicNameBytes);
  CHECK(text.find('/') == std::string::npos);
  CheckLine(text);
}

// A canonical value is its own canonical value. Only a secret may have several lines.
void CheckConfigValue(const metadata::ConfigKey& key, const std::string& text) {
  const absl::StatusOr<std::string> value = metadata::CanonicalConfigValue(key, key.name, text);
  if (!value.ok()) return CheckError(value.status());
  CHECK_LE(value->size(), metadata::kMaxConfigValueBytes);
  if (!key.is_sensitive()) CheckLine(*value);
  const absl::StatusOr<std::string> again = metadata::CanonicalConfigValue(key, key.name, *value);
  CHECK_OK(again.status());
  CHECK_EQ(*again, *value);
}

void CheckConfigs(const std::string& text) {
  for (const auto type :
       {metadata::ConfigResourceType::kTopic, metadata::ConfigResourceType::kBroker}) {
    for (const metadata::ConfigKey& key : metadata::ConfigKeysOf(type)) {
      CheckConfigValue(key, text);
    }
    const metadata::ConfigKey* key = metadata::FindConfigKey(type, text);
    if (key == nullptr) {
      CheckError(metadata::UnknownConfigKey(type, text));
      continue;
    }
    for (const char* resource : {"", "1"}) {
      const absl::Status status = metadata::CheckConfigUpdate(*key, text, type, resource);
      if (!status.ok()) CheckError(status);
    }
  }
}

void CheckSnapshotName(const std::string& text) {
  if (const auto id = storage::ParseSnapshotName(text)) {
    CHECK_EQ(storage::SnapshotName(*id), text);
  }
}

void CheckNodeUri(const std::string& text) {
  constexpr char kClusterId[] = "MkU3OEVBNTcwNTJENDM2Qg";
  const std::vector<std::string> uris = {text};
  CheckLine(security::UrisText(uris));
  if (const auto owner = security::IdentityIn(text, kClusterId)) {
    CHECK_EQ(security::UriOf(kClusterId, *owner), text);
    CheckLine(security::PrincipalOf(*owner));
  }
}

void CheckLogLine(const std::string& text) {
  std::string json = JsonLogLine(0, text);
  CHECK(json.starts_with("{\"time\":\"1970-01-01T00:00:00.") && json.ends_with("\"}\n"));
  json.pop_back();
  CheckLine(json);
}

}  // namespace
}  // namespace quorate::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  quorate::fuzz::CheckEndpoint(text);
  quorate::fuzz::CheckUuid(text);
  quorate::fuzz::CheckTopicName(text);
  quorate::fuzz::CheckConfigs(text);
  quorate::fuzz::CheckSnapshotName(text);
  quorate::fuzz::CheckNodeUri(text);
  quorate::fuzz::CheckLogLine(text);
  return 0;
}
