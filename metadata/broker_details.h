// What a broker's registration lists since metadata version 2: listeners, features and log
// directories.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/host_port.h"
#include "base/uuid.h"

namespace quorate::metadata {

// The first metadata version with these lists, and with the record that unregisters a broker.
inline constexpr uint32_t kBrokerDetailsVersion = 2;
// The first metadata version at which replicas are assigned to log directories, and directories go
// offline. Records can express both since version 2, but programs that support no more than that
// elect leaders regardless of directories.
inline constexpr uint32_t kDirectoryAssignmentVersion = 3;
// The feature whose levels are metadata versions (Kafka's name).
inline constexpr std::string_view kMetadataVersionFeature = "metadata.version";

inline constexpr size_t kMaxListeners = 16;
inline constexpr size_t kMaxFeatures = 64;
inline constexpr size_t kMaxLogDirectories = 64;
// Of the name of a listener or of a feature.
inline constexpr size_t kMaxNameBytes = 249;
// The longest host name (RFC 1035).
inline constexpr size_t kMaxHostBytes = 253;
// Kafka stores levels as 16-bit integers.
inline constexpr uint32_t kMaxFeatureLevel = 32767;

// An address at which a broker serves one kind of clients.
struct BrokerListener {
  std::string name;
  HostPort endpoint;
  // 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL, as in Kafka.
  uint32_t security_protocol = 0;

  friend bool operator==(const BrokerListener&, const BrokerListener&) = default;
};

// The levels of one feature that a program supports.
struct FeatureRange {
  std::string name;
  uint32_t min_level = 0;
  uint32_t max_level = 0;

  friend bool operator==(const FeatureRange&, const FeatureRange&) = default;
};

struct BrokerDetails {
  // In the broker's order.
  std::vector<BrokerListener> listeners;
  // Ascending by name.
  std::vector<FeatureRange> features;
  // Those that are online, ascending. Empty if the broker does not say which directories it has.
  std::vector<Uuid> log_directories;

  bool empty() const { return listeners.empty() && features.empty() && log_directories.empty(); }
  // Returns null if the broker does not name the feature.
  const FeatureRange* FindFeature(std::string_view name) const;
  // Returns whether the broker can serve a replica in `directory`. nullopt: the replica is not
  // assigned to a directory. If the broker does not say which directories it has, all of them are
  // online but the lost one.
  bool IsOnline(const std::optional<Uuid>& directory) const;
  // Returns the directory of replicas that are not assigned to any: the only one, if the broker has
  // one. nullopt if it has several, or does not say which it has.
  std::optional<Uuid> OnlyDirectory() const;

  friend bool operator==(const BrokerDetails&, const BrokerDetails&) = default;
};

// Returns INVALID_ARGUMENT, with the limit and the name of the offending element, unless each list
// is within its limits and in its order, without duplicates. Requests and records are checked by
// this one function.
absl::Status CheckDetails(const BrokerDetails& details);

// Returns, for example, "EXTERNAL:SSL@b1:9092". A security protocol without a name is written as
// its number.
std::string ListenerText(const BrokerListener& listener);
// Returns, for example, "metadata.version:1-2".
std::string FeatureText(const FeatureRange& feature);

// Holds the details of a registration. Copies share them, and empty details take no memory.
class SharedBrokerDetails {
 public:
  SharedBrokerDetails() = default;
  // Not explicit, so that a registration is initialized with plain details.
  SharedBrokerDetails(BrokerDetails details)  // NOLINT(google-explicit-constructor)
      : details_(details.empty() ? nullptr
                                 : std::make_shared<const BrokerDetails>(std::move(details))) {}

  const BrokerDetails& operator*() const;
  const BrokerDetails* operator->() const { return &**this; }

  friend bool operator==(const SharedBrokerDetails& a, const SharedBrokerDetails& b) {
    return a.details_ == b.details_ || *a == *b;
  }

 private:
  std::shared_ptr<const BrokerDetails> details_;
};

}  // namespace quorate::metadata
