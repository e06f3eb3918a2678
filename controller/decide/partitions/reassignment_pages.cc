#include "controller/decide/partitions/reassignment_pages.h"

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

#include "controller/decide/partitions/reassignment.h"
#include "controller/decide/topics/topic_walk.h"

namespace quorate::controller {
namespace {

using admin::v1::ListPartitionReassignmentsRequest;
using admin::v1::ListPartitionReassignmentsResponse;

// Partitions without extras are skipped in steps of this size.
constexpr int32_t kStep = 64;

void AddIds(const std::vector<BrokerId>& ids, google::protobuf::RepeatedField<int32_t>* field) {
  for (const BrokerId id : ids) field->Add(id.value());
}

class Page {
 public:
  explicit Page(const ReassignmentPageLimits& limits) : limits_(limits) {}

  // Adds the reassignments of the topic, from partition `first` on. Returns whether the page has
  // room for the next topic.
  bool Add(const metadata::TopicImage& topic, int32_t first) {
    ++looked_at_;
    for (int32_t begin = first; begin < topic.partition_count(); begin += kStep) {
      if (IsFull()) return EndAt(topic, begin);
      ++looked_at_;
      has_begun_ = true;
      const int32_t end = std::min(topic.partition_count() - begin, kStep) + begin;
      topic.ForEachPartitionWithExtras(begin, end, [&](const metadata::PartitionView& partition) {
        if (IsReassigning(partition)) AddOne(topic, partition);
      });
    }
    return true;
  }

  ListPartitionReassignmentsResponse Take(RecordOffset end_offset) {
    response_.set_end_offset(end_offset.value());
    return std::move(response_);
  }

 private:
  // A page that has looked at no partition would not end where the next one begins.
  bool IsFull() const {
    return has_begun_ && (looked_at_ >= limits_.looked_at ||
                          response_.reassignments_size() >= limits_.reassignments);
  }

  bool EndAt(const metadata::TopicImage& topic, int32_t partition) {
    *response_.mutable_next() = CursorOf({.topic_id = topic.id(), .partition = partition});
    return false;
  }

  void AddOne(const metadata::TopicImage& topic, const metadata::PartitionView& partition) {
    ++looked_at_;
    auto* listed = response_.add_reassignments();
    listed->set_name(topic.name());
    listed->set_topic_id(topic.id().ToString());
    listed->set_partition(partition.index());
    listed->mutable_replicas()->Add(partition.replicas().begin(), partition.replicas().end());
    AddIds(partition.ReplicasIn(partition.adding_mask()), listed->mutable_adding_replicas());
    AddIds(partition.ReplicasIn(partition.removing_mask()), listed->mutable_removing_replicas());
    AddIds(partition.Isr(), listed->mutable_isr());
  }

  const ReassignmentPageLimits limits_;
  ListPartitionReassignmentsResponse response_;
  int64_t looked_at_ = 0;
  bool has_begun_ = false;
};

}  // namespace

Answer<ListPartitionReassignmentsResponse> ListReassignmentPage(
    const metadata::MetadataImage& image, const ListPartitionReassignmentsRequest& request,
    const ReassignmentPageLimits& limits) {
  if (auto error = CheckNameCount(request.topics())) return *std::move(error);
  Answer<PartitionPlace> begin = BeginOf(request);
  if (auto* error = std::get_if<common::v1::Error>(&begin)) return std::move(*error);
  const PartitionPlace from = std::get<PartitionPlace>(begin);
  Page page(limits);
  VisitTopics(image, request.topics(), from, [&](const metadata::TopicImage& topic, int32_t first) {
    return page.Add(topic, first);
  });
  return page.Take(image.end_offset());
}

}  // namespace quorate::controller
