// Decides how leaders and ISRs change when brokers come and go (Kafka's ONLINE election,
// PartitionChangeBuilder). One rule covers fencing, unfencing, controlled shutdown and new
// incarnations.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "base/ids.h"
#include "base/uuid.h"
#include "controller/decide/partitions/eligible_replicas.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::controller {

// The brokers that may lead and may be in ISRs, with their replicas in log directories that are
// online.
class ActiveBrokers {
 public:
  // Begins with the active brokers of the image (BrokerRegistration::active).
  explicit ActiveBrokers(const metadata::MetadataImage& image);

  void Remove(BrokerId broker) { active_.erase(broker.value()); }
  // Adds the broker, or replaces what is known of its directories.
  void Add(const metadata::BrokerRegistration& broker) {
    active_[broker.id.value()] = broker.details;
  }
  bool Contains(BrokerId broker) const { return active_.contains(broker.value()); }
  // Returns whether a replica of the broker in this directory is active; nullopt if it is not
  // assigned to a directory.
  bool Contains(BrokerId broker, const std::optional<Uuid>& directory) const;
  // Returns a mask in which bit i is set if the i-th replica is active. Replicas of new partitions
  // are not assigned to directories.
  uint32_t MaskOf(const std::vector<BrokerId>& replicas) const;
  uint32_t MaskOf(const metadata::PartitionView& partition) const;

 private:
  // Never iterated: its order is not deterministic.
  absl::flat_hash_map<int32_t, metadata::SharedBrokerDetails> active_;
};

// Whether a partition without an active ISR member gets a leader that may lack records.
enum class Unclean {
  kForbidden,
  kAllowed,
  // The metadata version does not know the mark of a recovering leader (KIP-704).
  kAllowedWithoutMark,
};
// Returns whether the configs of the topic allow unclean elections.
bool AllowsUncleanElection(const metadata::MetadataImage& image, const metadata::TopicImage& topic);
// Returns how the image's metadata version allows unclean elections.
Unclean AllowUnclean(const metadata::MetadataImage& image);
// Returns the same for a topic whose configs may forbid them.
Unclean UncleanIn(const metadata::MetadataImage& image, const metadata::TopicImage& topic);

// Returns the change of a partition when exactly the replicas in `active_mask` are active. Inactive
// replicas leave the ISR. The leader stays if it is active; otherwise the first ISR member in order
// of preference leads. If no ISR member is active:
//
// 1. With eligible leader replicas (`elr`, KIP-966), the first active one of them leads and is the
//    only ISR member. If no replica is eligible, not even an inactive one, the last known leader
//    leads if it is active. It may lack records, so it is marked as recovering.
// 2. If `unclean` allows it, the first active replica leads instead and is the only ISR member. It
//    is marked as recovering, and there are no eligible leader replicas any more, because they may
//    have other records.
// 3. Otherwise there is no leader. With eligible leader replicas, the ISR is empty, and its members
//    are eligible. Without, the ISR stays as it is. Only these replicas are sure to have everything
//    that was committed.
//
// `lost_mask` has the replicas that may have lost records. They are not active, and they are not
// eligible any more. Of the other extras, only those change that contradict the new ISR
// (ChangeIsr).
//
// Example with replicas 1,2,3, ISR 1,2 and leader 1: if 1 becomes inactive, 2 leads and the ISR is
// 2. If 2 then becomes inactive too, there is no leader and the ISR stays 2. With `unclean`, 3
// leads and the ISR is 3. With eligible leader replicas and min.insync.replicas 2, the ISR is
// empty, and 1 and 2 are eligible: the first of them that returns leads.
metadata::PartitionChange Settle(const metadata::PartitionView& partition, uint32_t active_mask,
                                 Unclean unclean, const ElrPolicy& elr, uint32_t lost_mask = 0);

// The same, but unclean elections are allowed as `unclean` says, which is called only if the
// partition would have no leader otherwise.
metadata::PartitionChange SettleWith(const metadata::PartitionView& partition, uint32_t active_mask,
                                     absl::FunctionRef<Unclean()> unclean, const ElrPolicy& elr,
                                     uint32_t lost_mask = 0);

// Returns the change that makes the first replica of a partition the leader instead of another one.
// Returns nullopt if the partition has no leader, or if the first replica leads already, is not
// active, or is not in the ISR.
std::optional<metadata::PartitionChange> MoveToPreferred(const metadata::PartitionView& partition,
                                                         uint32_t active_mask,
                                                         const ElrPolicy& elr);

// A partition's place in the order of settlements: by topic id, then by index.
struct PartitionPlace {
  Uuid topic_id;
  int32_t partition = 0;

  friend bool operator==(const PartitionPlace&, const PartitionPlace&) = default;
};

// What a topic counts in SettlementPart::max_partitions, because it is elsewhere in memory.
inline constexpr int64_t kPartitionsPerTopic = 10;

// One part of a settlement. A settlement of many partitions is divided into parts, so that no loop
// is blocked by a large broker or by a large image.
struct SettlementPart {
  // The first partition of this part. The default is the first of the image.
  PartitionPlace from = {};
  // The most bytes of records: about 10,000 changes, which take a few milliseconds to decide and to
  // replay.
  size_t max_bytes = 64 << 10;
  // The most partitions to look at, changed or not. A topic counts like kPartitionsPerTopic of
  // them. This takes a few milliseconds, too.
  int64_t max_partitions = 100'000;
  // The most changes.
  int64_t max_changes = std::numeric_limits<int64_t>::max();
};

// What a settlement changed, for the log line.
struct SettlementCounts {
  int64_t changed = 0;
  // Partitions whose leader changed from one broker to another, that gained a leader, and that lost
  // their leader.
  int64_t leaders_moved = 0;
  int64_t leaders_found = 0;
  int64_t leaders_lost = 0;
  // The number of replicas that were looked up: the cost of the settlement, for tests.
  int64_t lookups = 0;
  // Where the next part begins; nullopt if this was the last one.
  std::optional<PartitionPlace> rest = std::nullopt;
};

// Counts the change of `before`, without its place.
void CountChange(const metadata::PartitionView& before, const metadata::PartitionChange& change,
                 SettlementCounts* counts);

// Calls `change_of` for each partition of the part, and appends the changes that it returns to
// `batch`.
using ChangeFn = absl::FunctionRef<std::optional<metadata::PartitionChange>(
    const metadata::TopicImage&, const metadata::PartitionView&)>;
SettlementCounts ChangePartitions(const metadata::MetadataImage& image, const SettlementPart& part,
                                  ChangeFn change_of, metadata::v1::RecordBatch* batch);

// Whether brokers still have every record that they acknowledged.
enum class BrokerRecords {
  kKept,
  // The process did not stop cleanly, or the broker is gone permanently. Its replicas are not
  // eligible leaders any more.
  kMayBeLost,
};

// The log directory in which the replicas of a broker were that are not assigned to one.
struct FormerDirectory {
  BrokerId broker;
  Uuid directory;
};

// Settles the partitions that have one of `brokers` in their ISR, or as a replica while they have
// no leader, and appends the changes to `batch`. If `records` may be lost, also those that have one
// of them as an eligible leader replica. Looks at each replica once, however many brokers there
// are. The caller settles the rest from the image that results. With `former`, the replicas of that
// broker which stay in an ISR without a leader are assigned to their directory. REQUIRES: between
// the parts, nothing else changes partitions or registrations; a broker whose records may be lost
// is not active.
SettlementCounts SettlePartitionsOf(const metadata::MetadataImage& image,
                                    std::span<const BrokerId> brokers, const ActiveBrokers& active,
                                    const SettlementPart& part, metadata::v1::RecordBatch* batch,
                                    BrokerRecords records = BrokerRecords::kKept,
                                    const std::optional<FormerDirectory>& former = {});

// Gives leadership of the topic's partitions without a leader to their first active replica, in the
// ISR or not, and appends the changes. Used for a topic whose unclean election has just been
// enabled.
SettlementCounts ElectUncleanly(const metadata::MetadataImage& image,
                                const metadata::TopicImage& topic, const ActiveBrokers& active,
                                metadata::v1::RecordBatch* batch);

// The same for all topics without an unclean.leader.election.enable of their own, in parts. Used
// when the default of all brokers has just been enabled. REQUIRES: as SettlePartitionsOf.
SettlementCounts ElectUncleanlyByDefault(const metadata::MetadataImage& image,
                                         const ActiveBrokers& active, const SettlementPart& part,
                                         metadata::v1::RecordBatch* batch);

}  // namespace quorate::controller
