// Makes records from plain values, so that decisions and tests need not know the packed arrays. The
// functions do not validate the values; replay does.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

struct NewPartition {
  // In order of preference.
  std::vector<BrokerId> replicas;
  // Bit i is set if replicas[i] is in sync.
  uint32_t isr_mask = 0;
  // Position of the leader in `replicas`; nullopt if there is no leader.
  std::optional<size_t> leader_position;
};

struct PartitionChange {
  int32_t partition = 0;
  // The new state, as in NewPartition.
  uint32_t isr_mask = 0;
  std::optional<size_t> leader_position;
};

struct BrokerChange {
  // A field that is nullopt stays unchanged.
  std::optional<bool> fenced;
  std::optional<bool> in_controlled_shutdown;
};

v1::Record MakeNoOpRecord();
v1::Record MakeMetadataVersionRecord(uint32_t level);
v1::Record MakeTopicRecord(std::string_view name, const Uuid& id);
v1::Record MakeRemoveTopicRecord(const Uuid& id);
// The record creates the partitions first_partition, first_partition + 1, … with all epochs 0.
// REQUIRES: `partitions` is not empty.
v1::Record MakePartitionsRecord(const Uuid& topic_id, int32_t first_partition,
                                std::span<const NewPartition> partitions);
// REQUIRES: `changes` is not empty and is in ascending order of partitions.
v1::Record MakePartitionChangesRecord(const Uuid& topic_id,
                                      std::span<const PartitionChange> changes);
// `registration.broker_epoch` must be the record's own offset. The flags `fenced` and
// `in_controlled_shutdown` are ignored, because every registration starts fenced.
v1::Record MakeRegisterBrokerRecord(const BrokerRegistration& registration);
v1::Record MakeBrokerRegistrationChangeRecord(BrokerId id, int64_t broker_epoch,
                                              const BrokerChange& change);
// If `value` is nullopt, the record deletes the key.
v1::Record MakeConfigRecord(ConfigResourceType type, std::string_view name, std::string_view key,
                            std::optional<std::string_view> value);
v1::Record MakeRequestResultRecord(const RequestResult& result);
// The next three kinds occur only in snapshots.
v1::Record MakeSnapshotHeaderRecord(RecordOffset end_offset, Epoch epoch, int64_t append_time_ms);
v1::Record MakeEvictedRequestsRecord(std::string_view principal, const Uuid& client_uuid,
                                     int64_t highest_sequence);
v1::Record MakeSnapshotFooterRecord(int64_t record_count);

}  // namespace quorate::metadata
