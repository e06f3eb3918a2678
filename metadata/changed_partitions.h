// The partitions that differ between two images, a slice at a time: a million of them are too many
// for one task of a loop. From the empty image, these are all partitions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Keeps both images alive. Not thread-safe.
class ChangedPartitions {
 public:
  // What became of one partition. Valid during the call that it is passed to.
  struct Change {
    // The later of the two images that has the topic.
    const TopicImage& topic;
    int32_t partition;
    // Nothing: the partition does not exist in that image.
    std::optional<PartitionView> before;
    std::optional<PartitionView> now;
  };

  ChangedPartitions(MetadataImage before, MetadataImage now);

  // Calls `fn` for the next changes, by topic id, then partition, and returns after it has looked
  // at about `budget` partitions or topics. False: that was all.
  bool Next(size_t budget, absl::FunctionRef<void(const Change&)> fn);

  const MetadataImage& now() const { return now_; }

 private:
  // One topic, in both images; null where it does not exist.
  using TopicPair = std::pair<TopicPtr, TopicPtr>;

  // Looks at about `budget` partitions of the current topic, and returns at how many it did.
  size_t WalkTopic(size_t budget, absl::FunctionRef<void(const Change&)> fn);

  const MetadataImage before_;
  const MetadataImage now_;
  size_t next_shard_ = 0;
  // The changed topics of the last shard. The current one is topics_[topic_].
  std::vector<TopicPair> topics_;
  size_t topic_ = 0;
  // The next one of the current topic.
  int32_t partition_ = 0;
};

}  // namespace quorate::metadata
