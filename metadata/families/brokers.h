// BrokersImage holds the registrations of the brokers. Kafka: ClusterImage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "metadata/broker_registration.h"
#include "metadata/record_family.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// A record family (record_family.h).
class BrokersImage {
 public:
  using Kinds = RecordKinds<
      RecordKind<v1::Record::kRegisterBroker, &v1::Record::register_broker>,
      RecordKind<v1::Record::kBrokerRegistrationChange, &v1::Record::broker_registration_change>,
      RecordKind<v1::Record::kUnregisterBroker, &v1::Record::unregister_broker,
                 Occurrence{.in_snapshots = false, .since_version = kBrokerDetailsVersion}>>;
  using Registrations = std::map<BrokerId, std::shared_ptr<const BrokerRegistration>>;

  // By id, fenced brokers included.
  const Registrations& registrations() const { return *registrations_; }
  // Returns null if the broker is not registered.
  const BrokerRegistration* Find(BrokerId id) const;

  absl::Status Replay(const v1::RegisterBrokerRecord& record, const ReplayContext& context);
  absl::Status Replay(const v1::BrokerRegistrationChangeRecord& record,
                      const ReplayContext& context);
  // A broker that is removed leads no partition and is in the ISR only of partitions that have no
  // leader, as every fenced broker. Decisions guarantee this: replay does not check it, because it
  // would have to look at every partition.
  absl::Status Replay(const v1::UnregisterBrokerRecord& record, const ReplayContext& context);
  static std::string TextOf(const v1::RegisterBrokerRecord& record, size_t max_items);
  static std::string TextOf(const v1::BrokerRegistrationChangeRecord& record, size_t max_items);
  static std::string TextOf(const v1::UnregisterBrokerRecord& record, size_t max_items);

  void AddToSnapshot(SnapshotSections& sections) const;
  void AddToHash(ContentHasher& hasher) const;
  void AddToText(std::string& text) const;

 private:
  // Adds the broker, or replaces its registration.
  void Set(BrokerRegistration registration);
  // Returns the registration, or FAILED_PRECONDITION unless the broker is registered with this
  // epoch.
  absl::StatusOr<const BrokerRegistration*> FindAtEpoch(int32_t id, int64_t broker_epoch) const;

  // Copied as a whole when a broker changes: brokers are few and seldom change.
  std::shared_ptr<const Registrations> registrations_ = std::make_shared<Registrations>();
};

struct BrokerChange {
  // A field that is nullopt stays unchanged.
  std::optional<bool> fenced;
  std::optional<bool> in_controlled_shutdown;
  // The directories that are online, ascending.
  std::optional<std::vector<Uuid>> log_directories = {};
};

// `registration.broker_epoch` must be the record's own offset. The flags `fenced` and
// `in_controlled_shutdown` are ignored, because every registration starts fenced.
v1::Record MakeRegisterBrokerRecord(const BrokerRegistration& registration);
v1::Record MakeBrokerRegistrationChangeRecord(BrokerId id, int64_t broker_epoch,
                                              const BrokerChange& change);
v1::Record MakeUnregisterBrokerRecord(BrokerId id, int64_t broker_epoch);

}  // namespace quorate::metadata
