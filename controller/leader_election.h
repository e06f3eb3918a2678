// Where the leadership and the ISR of partitions go when brokers come and go (kraft.md's "ONLINE"
// election): one rule for fencing, unfencing, controlled shutdown and new incarnations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::controller {

// The brokers that may lead and be in ISRs.
class ActiveBrokers {
 public:
  // Those of the image (BrokerRegistration::active).
  explicit ActiveBrokers(const metadata::MetadataImage& image);

  void Remove(BrokerId broker) { active_.erase(broker.value()); }
  void Add(BrokerId broker) { active_.insert(broker.value()); }
  bool Contains(BrokerId broker) const { return active_.contains(broker.value()); }
  // Bit i: the i-th replica is active.
  uint32_t MaskOf(const std::vector<BrokerId>& replicas) const;
  uint32_t MaskOf(const metadata::PartitionView& partition) const;

 private:
  // Never iterated.
  absl::flat_hash_set<int32_t> active_;
};

// Where a partition settles when just the replicas in `active_mask` are active: the ISR loses the
// others, and its leader stays or else is the first of the ISR in order of preference. When nobody
// of the ISR is active there is no leader and the ISR stays as it is, for its members alone have
// everything that was committed; unless `unclean` gives leadership to the first active replica.
metadata::PartitionChange Settle(const metadata::PartitionView& partition, uint32_t active_mask,
                                 bool unclean);

// What a settlement did, for the log line.
struct SettlementCounts {
  int64_t changed = 0;
  // Partitions led by another broker than before, by one where there was none, by none any more.
  int64_t leaders_moved = 0;
  int64_t leaders_found = 0;
  int64_t leaders_lost = 0;
  // Replicas of which it was asked whether they are concerned: what it cost, for tests.
  int64_t lookups = 0;
  // Every partition of the image is settled: false when `max_bytes` did not hold all the changes.
  bool complete = true;
};

// Settles the partitions which have one of `brokers` in their ISR, or as a replica while they have
// no leader, and appends what changes. Looks at each replica once, however many brokers there are.
// `max_bytes` bounds the size of `batch`; the rest can be settled from the image that follows.
SettlementCounts SettlePartitionsOf(const metadata::MetadataImage& image,
                                    std::span<const BrokerId> brokers, const ActiveBrokers& active,
                                    size_t max_bytes, metadata::v1::RecordBatch* batch);

// Gives the topic's partitions that have no leader to their first active replica, in the ISR or
// not, and appends what changes: for a topic whose unclean election has just been enabled.
SettlementCounts ElectUncleanly(const metadata::TopicImage& topic, const ActiveBrokers& active,
                                metadata::v1::RecordBatch* batch);

}  // namespace quorate::controller
