#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/quote.h"
#include "controller/decide/topics/new_partitions.h"
#include "controller/decide/topics/repeated_names.h"
#include "controller/decide/topics/topic_decisions.h"
#include "controller/decide/topics/topic_results.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using admin::v1::CreatePartitionsRequest;

// A longer name is no topic's name. It is cut in the cause.
constexpr size_t kMaxNameBytes = 249;

// Returns how many partitions the request adds to topics that exist.
int64_t AddedPartitions(const metadata::MetadataImage& image,
                        const CreatePartitionsRequest& request) {
  int64_t added = 0;
  for (const CreatePartitionsRequest::Topic& wanted : request.topics()) {
    const metadata::TopicPtr topic = image.FindTopicByName(wanted.name());
    if (topic == nullptr) continue;
    added += std::max(wanted.partition_count() - int64_t{topic->partition_count()}, int64_t{0});
  }
  return added;
}

// Decides the topics of one request in turn.
class PartitionCreator {
 public:
  PartitionCreator(const View& view, const CreatePartitionsRequest& request, Rng* rng)
      : image_(view.image), names_(request.topics()), partitions_(view, rng) {}

  // Returns the topic's result. Its record follows those of the earlier topics.
  ItemResult Create(const CreatePartitionsRequest::Topic& wanted) {
    if (auto error = names_.CheckOnce(wanted.name())) return *error;
    const metadata::TopicPtr topic = image_.FindTopicByName(wanted.name());
    if (topic == nullptr) {
      return MakeItemError(common::v1::UNKNOWN_TOPIC_OR_PARTITION,
                           absl::StrFormat("there is no topic %s", Quote(wanted.name())));
    }
    NewPartitions::Partitions partitions;
    if (auto error = partitions_.MakeMore(*topic, wanted, &partitions)) return *error;
    if (least_bytes() > kMaxBatchBytes) return {};  // the whole request is refused
    *records_.add_records() =
        metadata::MakePartitionsRecord(topic->id(), topic->partition_count(), partitions);
    partitions_made_ += static_cast<int64_t>(partitions.size());
    return {.topic_id = topic->id()};
  }

  // The number of partitions that these topics get.
  int64_t partitions_made() const { return partitions_made_; }
  // The least number of bytes that the records of all topics so far take.
  size_t least_bytes() const { return partitions_.least_bytes(); }
  metadata::v1::RecordBatch TakeRecords() { return std::move(records_); }

 private:
  const metadata::MetadataImage& image_;
  const RepeatedNames names_;
  NewPartitions partitions_;
  metadata::v1::RecordBatch records_;
  int64_t partitions_made_ = 0;
};

}  // namespace

Decision<ItemResults> DecideCreatePartitions(const View& view,
                                             const CreatePartitionsRequest& request,
                                             const Context& context) {
  if (auto error = CheckCount(AddedPartitions(view.image, request), context.limits.max_partitions,
                              "new partitions")) {
    return {.answer = *std::move(error)};
  }
  PartitionCreator creator(view, request, context.rng);
  ItemResults items;
  for (const CreatePartitionsRequest::Topic& topic : request.topics()) {
    items.push_back(creator.Create(topic));
    if (creator.least_bytes() > kMaxBatchBytes) {
      return {.answer = TooLargeForOneEntry(creator.least_bytes())};
    }
  }
  metadata::v1::RecordBatch records = creator.TakeRecords();
  if (request.validate_only()) records.Clear();
  std::string cause =
      request.topics_size() == 1
          ? absl::StrCat("CreatePartitions ", Printable(request.topics(0).name(), kMaxNameBytes))
          : absl::StrFormat("CreatePartitions (%d topics)", request.topics_size());
  return {.records = std::move(records),
          .answer = std::move(items),
          .cause = std::move(cause),
          .partition_mutations = request.validate_only() ? 0 : creator.partitions_made()};
}

admin::v1::CreatePartitionsResponse ToResponse(const CreatePartitionsRequest& request,
                                               const ItemResults& items) {
  return ResultsByName<admin::v1::CreatePartitionsResponse>(request, items);
}

std::optional<common::v1::Error> CheckSize(const CreatePartitionsRequest& request,
                                           const RequestLimits& limits) {
  return CheckCount(request.topics_size(), limits.max_items, "topics");
}

bool IsLarge(const CreatePartitionsRequest& request, const metadata::MetadataImage& image) {
  int64_t cost = request.topics_size() * kCostPerTopic;
  for (const CreatePartitionsRequest::Topic& topic : request.topics()) {
    if (cost > kMaxCostOnLoop) return true;
    // The partitions that exist are counted, and the new ones are placed.
    const int64_t present = CostOfPartitions(image.FindTopicByName(topic.name()));
    cost += std::max(present, int64_t{topic.partition_count()} * kCostPerPartition);
  }
  return cost > kMaxCostOnLoop;
}

}  // namespace quorate::controller
