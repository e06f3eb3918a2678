// Decides which replicas of a partition are eligible leaders (KIP-966): replicas that have left the
// ISR, but have every record that was committed. They have them because brokers commit nothing
// while the ISR has fewer than min.insync.replicas members.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/uuid.h"
#include "metadata/metadata_image.h"
#include "metadata/partition_extras.h"

namespace quorate::controller {

// How the partitions of one topic keep eligible leader replicas.
struct ElrPolicy {
  // Whether they keep any (eligible.leader.replicas.version 1).
  bool in_use = false;
  // The topic's min.insync.replicas. Meaningful if in_use.
  size_t min_isr = 1;
};

// Finds the policies of topics. Looks up the configs of a topic once while it is asked about the
// same topic, and never if the cluster does not use eligible leader replicas. Not thread-safe.
class ElrPolicies {
 public:
  // `image` must outlive this object.
  explicit ElrPolicies(const metadata::MetadataImage& image);

  const ElrPolicy& Of(const metadata::TopicImage& topic);

 private:
  const metadata::MetadataImage& image_;
  // That of the topic that was looked up last.
  ElrPolicy policy_;
  std::optional<Uuid> topic_id_;
};

// A new ISR and leader of a partition, for NextExtras.
struct NextIsr {
  uint32_t isr_mask = 0;
  std::optional<size_t> leader_position;
  // The replicas that may have lost records. They are not in the ISR.
  uint32_t lost_mask = 0;
};

// Returns the extras that the partition has with a new ISR and leader:
//
// - No replica is eligible if the ISR has enough members (min.insync.replicas, at most the number
// of
//   replicas). Otherwise those are that were eligible or in the ISR before, are not in the ISR now,
//   and have not lost records.
// - If the ISR becomes empty, the old leader is the last known leader. A partition without an ISR
//   and without an eligible replica always has a last known leader. A new leader ends it.
//
// If the policy is not in use, the replicas of the ISR are no longer eligible, and nothing else
// changes.
metadata::PartitionExtras NextExtras(const metadata::PartitionView& partition, const NextIsr& next,
                                     const ElrPolicy& policy);

}  // namespace quorate::controller
