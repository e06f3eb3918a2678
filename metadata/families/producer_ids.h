// ProducerIdsImage holds which producer ids were given to brokers. Kafka: ProducerIdsImage.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "base/ids.h"
#include "metadata/record_family.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// The metadata version from which on there are blocks of producer ids.
inline constexpr uint32_t kProducerIdsVersion = 3;

// A record family (record_family.h).
class ProducerIdsImage {
 public:
  using Kinds = RecordKinds<RecordKind<v1::Record::kProducerIds, &v1::Record::producer_ids,
                                       Occurrence{.since_version = kProducerIdsVersion}>>;

  // The first producer id that no broker has. 0 until a broker has one.
  int64_t next_producer_id() const { return next_producer_id_; }

  absl::Status Replay(const v1::ProducerIdsRecord& record, const ReplayContext& context);
  static std::string TextOf(const v1::ProducerIdsRecord& record, size_t max_items);

  void AddToSnapshot(SnapshotSections& sections) const;
  void AddToHash(ContentHasher& hasher) const;
  void AddToText(std::string& text) const;

 private:
  int64_t next_producer_id_ = 0;
};

// Gives the ids below `next_producer_id` that nobody has to a broker.
v1::Record MakeProducerIdsRecord(BrokerId broker, int64_t broker_epoch, int64_t next_producer_id);

}  // namespace quorate::metadata
