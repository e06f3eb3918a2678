// ChangedPartitions finds the partitions that differ between two images. It works in slices,
// because a million partitions are too many for one task of an event loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Holds a copy of both images. If the first one is empty, every partition of the second one is a
// change. Not thread-safe.
class ChangedPartitions {
 public:
  // One partition that differs. Valid only during the callback that receives it.
  struct Change {
    // The topic in the second image, or in the first one if the topic was deleted.
    const TopicImage& topic;
    int32_t partition;
    // The partition in each image; nullopt if it does not exist there.
    std::optional<PartitionView> before;
    std::optional<PartitionView> now;
  };

  ChangedPartitions(MetadataImage before, MetadataImage now);

  // Calls `fn` for the next changes, ordered by topic id, then by partition. Returns after it has
  // examined about `budget` partitions or topics. Returns false when all changes have been
  // reported.
  bool Next(size_t budget, absl::FunctionRef<void(const Change&)> fn);

  const MetadataImage& now() const { return now_; }

 private:
  // One topic in both images; null if it does not exist there.
  using TopicPair = std::pair<TopicPtr, TopicPtr>;

  // Examines about `budget` partitions of the current topic. Returns how much of it was used.
  size_t WalkTopic(size_t budget, absl::FunctionRef<void(const Change&)> fn);

  const MetadataImage before_;
  const MetadataImage now_;
  size_t next_shard_ = 0;
  // The changed topics of the shard before next_shard_. The current topic is topics_[topic_].
  std::vector<TopicPair> topics_;
  size_t topic_ = 0;
  // The next partition of the current topic.
  int32_t partition_ = 0;
};

}  // namespace quorate::metadata
