// A story: a cluster to which a sequence of steps happens. The real decisions and the real replay
// execute each step, and what must hold is checked after it. A check that fails ends the process.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "metadata/metadata_image.h"
#include "metadata/replay.h"
#include "tests/fuzz/inputs.pb.h"
#include "tests/fuzz/request_cluster.h"
#include "tests/properties/shared_text.h"
#include "tests/properties/step.h"

namespace quorate::properties {

class Story {
 public:
  // The log is at metadata version 1 if it `is_old`. Writes what happens to `text`.
  Story(bool is_old, SharedText* text);

  void Play(const Step& step);
  // Checks that the log replays to the image, from its beginning and from a snapshot in its middle,
  // and that no image has changed since it was the newest.
  void CheckLog() const;

 private:
  struct Batch {
    metadata::BatchPosition position;
    std::string payload;
  };
  // An image and its text when it was the newest.
  struct Moment {
    metadata::MetadataImage image;
    std::string text;
  };

  // A partition that a step names.
  struct Place {
    metadata::TopicPtr topic;
    int32_t index = 0;

    metadata::PartitionView partition() const { return topic->partition(index); }
    std::string Name() const;
  };

  void Return(const Step& step);
  void Register(const Step& step, bool is_gone);
  void Heartbeat(const Step& step);
  void Depart(const Step& step);
  void Unregister(const Step& step);
  void CreateTopic(const Step& step);
  void DeleteTopic(const Step& step);
  void CreatePartitions(const Step& step);
  void AlterConfigs(const Step& step);
  void AlterPartition(const Step& step);
  void ElectLeaders(const Step& step);
  void Reassign(const Step& step);
  void CancelReassignment(const Step& step);
  void UpdateFeatures(const Step& step);
  void AllocateProducerIds(const Step& step);

  // Executes the request, writes what happened, and checks the state. Returns the errors.
  std::string Execute(const std::string& text, const fuzz::Request& request);
  void Remember(const metadata::MetadataImage& before, const metadata::v1::RecordBatch& batch,
                const metadata::MetadataImage& after);
  // Writes the partitions that differ from `before`.
  void DescribeChanges(const metadata::MetadataImage& before);

  const metadata::MetadataImage& image() const { return cluster_.image(); }
  // Return null, or a place without a topic, if there are no topics.
  metadata::TopicPtr TopicOf(const Step& step) const;
  Place PlaceOf(const Step& step) const;
  // Returns the epoch of the broker; -1 if it is not registered.
  int64_t EpochOf(int32_t broker) const;
  bool IsActive(int32_t broker) const;

  SharedText* const text_;
  std::vector<Batch> log_;
  // The first is the image on which the log builds; one follows for each batch.
  std::vector<Moment> moments_;
  fuzz::RequestCluster cluster_;
  // Numbers the incarnations.
  uint16_t lives_ = 1000;
  int steps_ = 0;
};

}  // namespace quorate::properties
