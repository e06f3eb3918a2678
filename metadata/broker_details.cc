#include "metadata/broker_details.h"

#include <algorithm>
#include <array>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/quote.h"
#include "metadata/directory_id.h"

namespace quorate::metadata {
namespace {

constexpr std::array<std::string_view, 4> kSecurityProtocols = {"PLAINTEXT", "SSL",
                                                                "SASL_PLAINTEXT", "SASL_SSL"};

template <typename... Args>
absl::Status Invalid(const absl::FormatSpec<Args...>& format, const Args&... args) {
  return absl::InvalidArgumentError(absl::StrFormat(format, args...));
}

absl::Status CheckName(std::string_view kind, std::string_view name) {
  if (!name.empty() && name.size() <= kMaxNameBytes) return absl::OkStatus();
  return Invalid("the name of the %s \"%s\" has %d bytes; names have 1 to %d", kind,
                 Printable(name, 60), name.size(), kMaxNameBytes);
}

absl::Status CheckLimit(std::string_view kind, size_t count, size_t limit) {
  if (count <= limit) return absl::OkStatus();
  return Invalid("%d %s are more than the limit of %d", count, kind, limit);
}

absl::Status CheckListeners(const std::vector<BrokerListener>& listeners) {
  RETURN_IF_ERROR(CheckLimit("listeners", listeners.size(), kMaxListeners));
  for (auto listener = listeners.begin(); listener != listeners.end(); ++listener) {
    RETURN_IF_ERROR(CheckName("listener", listener->name));
    const std::string name = Quote(listener->name);
    const HostPort& endpoint = listener->endpoint;
    if (endpoint.host.empty() || endpoint.host.size() > kMaxHostBytes) {
      return Invalid("the host of the listener %s has %d bytes; hosts have 1 to %d", name,
                     endpoint.host.size(), kMaxHostBytes);
    }
    if (endpoint.port == 0) return Invalid("the port of the listener %s is 0", name);
    if (listener->security_protocol >= kSecurityProtocols.size()) {
      return Invalid("the listener %s has the security protocol %d; protocols are 0 to %d", name,
                     listener->security_protocol, kSecurityProtocols.size() - 1);
    }
    const bool is_duplicate = std::any_of(listeners.begin(), listener, [&](const auto& earlier) {
      return earlier.name == listener->name;
    });
    if (is_duplicate) return Invalid("the listener %s is named twice", name);
  }
  return absl::OkStatus();
}

absl::Status CheckFeatures(const std::vector<FeatureRange>& features) {
  RETURN_IF_ERROR(CheckLimit("features", features.size(), kMaxFeatures));
  const FeatureRange* before = nullptr;
  for (const FeatureRange& feature : features) {
    RETURN_IF_ERROR(CheckName("feature", feature.name));
    if (feature.min_level > feature.max_level || feature.max_level > kMaxFeatureLevel) {
      return Invalid("the feature %s has the levels %d to %d; levels ascend to %d at most",
                     Quote(feature.name), feature.min_level, feature.max_level, kMaxFeatureLevel);
    }
    if (before != nullptr && before->name >= feature.name) {
      return Invalid("the feature %s is named twice or is not in ascending order",
                     Quote(feature.name));
    }
    before = &feature;
  }
  return absl::OkStatus();
}

absl::Status CheckDirectories(const std::vector<Uuid>& directories) {
  RETURN_IF_ERROR(CheckLimit("log directories", directories.size(), kMaxLogDirectories));
  const Uuid* before = nullptr;
  for (const Uuid& directory : directories) {
    if (directory < kFirstFreeDirectoryId) {
      return Invalid("the log directory id %s is reserved", directory.ToString());
    }
    if (before != nullptr && *before >= directory) {
      return Invalid("the log directory %s is named twice or is not in ascending order",
                     directory.ToString());
    }
    before = &directory;
  }
  return absl::OkStatus();
}

}  // namespace

const FeatureRange* BrokerDetails::FindFeature(std::string_view name) const {
  const auto it = std::find_if(features.begin(), features.end(),
                               [&](const FeatureRange& feature) { return feature.name == name; });
  return it == features.end() ? nullptr : &*it;
}

bool BrokerDetails::IsOnline(const std::optional<Uuid>& directory) const {
  if (!directory) return true;
  if (log_directories.empty()) return *directory != kLostDirectoryId;
  return std::binary_search(log_directories.begin(), log_directories.end(), *directory);
}

std::optional<Uuid> BrokerDetails::OnlyDirectory() const {
  if (log_directories.size() != 1) return std::nullopt;
  return log_directories.front();
}

absl::Status CheckDetails(const BrokerDetails& details) {
  RETURN_IF_ERROR(CheckListeners(details.listeners));
  RETURN_IF_ERROR(CheckFeatures(details.features));
  return CheckDirectories(details.log_directories);
}

std::string ListenerText(const BrokerListener& listener) {
  const uint32_t protocol = listener.security_protocol;
  return absl::StrCat(absl::CHexEscape(listener.name), ":",
                      protocol < kSecurityProtocols.size()
                          ? std::string(kSecurityProtocols[protocol])
                          : absl::StrCat(protocol),
                      "@", absl::CHexEscape(listener.endpoint.ToString()));
}

std::string FeatureText(const FeatureRange& feature) {
  return absl::StrFormat("%s:%d-%d", absl::CHexEscape(feature.name), feature.min_level,
                         feature.max_level);
}

const BrokerDetails& SharedBrokerDetails::operator*() const {
  static const auto* const none = new BrokerDetails();
  return details_ == nullptr ? *none : *details_;
}

}  // namespace quorate::metadata
