// Counts over all partitions of an image: what each broker leads and holds, and how many partitions
// are offline, under-replicated and so on. The counts are updated by what changed from image to
// image, because counting a million partitions for each decision would take longer than the
// decision.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// A value type. Copying takes time proportional to the number of brokers.
class PartitionTally {
 public:
  struct Load {
    int64_t leaders = 0;
    int64_t replicas = 0;
    // Replicas that are in the ISR.
    int64_t in_sync = 0;
    // Partitions that another broker leads, although it is the first replica and in the ISR.
    int64_t led_by_others = 0;
  };

  // How many partitions are in each of these conditions (partition_conditions.h). One partition may
  // be in several.
  struct Counts {
    int64_t offline = 0;
    int64_t under_replicated = 0;
    // Kafka: UnderMinIsrPartitionCount.
    int64_t under_min_isr = 0;
    int64_t at_min_isr = 0;
    // Not led by the first replica, or without a leader. Kafka: PreferredReplicaImbalanceCount.
    int64_t not_led_by_preferred = 0;

    friend bool operator==(const Counts&, const Counts&) = default;
  };

  // What changed, since the first image, in partitions that existed before and after the change.
  // Several changes between two images that are counted are one change.
  struct Changes {
    // Partitions that got another leader, from the ISR or the eligible leader replicas.
    int64_t elections = 0;
    // Partitions that got a leader that may lack records.
    int64_t unclean_elections = 0;
    // Partitions that lost their leader and got no other one.
    int64_t leaders_lost = 0;
    // Partitions whose ISR became smaller or larger.
    int64_t isr_shrinks = 0;
    int64_t isr_expands = 0;

    friend bool operator==(const Changes&, const Changes&) = default;
  };

  // Moves the counts on to `image`, which must be the counted image or descend from it. Takes time
  // proportional to the changes. A topic whose own min.insync.replicas changed is counted again.
  void AdvanceTo(const metadata::MetadataImage& image);

  Load LoadOf(BrokerId broker) const;
  const Counts& counts() const { return counts_; }
  const Changes& changes() const { return changes_; }

 private:
  // `times` is 1 or -1. `own_min_isr` is the min.insync.replicas of the partition's topic, if it
  // has one of its own.
  void Count(const metadata::PartitionView& partition, std::optional<size_t> own_min_isr,
             int64_t times);
  void CountMinIsr(const metadata::PartitionView& partition, std::optional<size_t> own_min_isr,
                   int64_t times);
  void CountChange(const metadata::PartitionView& before, const metadata::PartitionView& now);
  // Counts the topics that have the default min.insync.replicas with another one. Takes the same
  // time for any number of partitions.
  void ChangeDefaultMinIsr(size_t min_isr);
  // Counts the topics of `counted_` with the min.insync.replicas that they have in `image`.
  void RecountWithConfigsOf(const metadata::MetadataImage& image);

  metadata::MetadataImage counted_;
  std::map<BrokerId, Load> loads_;
  Counts counts_;
  Changes changes_;
  // The default of min.insync.replicas. The partitions that have a leader and this default are
  // counted by their number of ISR members and of replicas.
  size_t default_min_isr_ = 1;
  std::map<std::pair<size_t, size_t>, int64_t> led_with_default_;
};

}  // namespace quorate::controller
