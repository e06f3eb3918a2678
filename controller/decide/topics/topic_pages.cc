#include "controller/decide/topics/topic_pages.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "controller/decide/configs/effective_config.h"
#include "controller/decide/partitions/partition_conditions.h"
#include "controller/decide/topics/topic_walk.h"
#include "metadata/describe.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using admin::v1::DescribeTopicsRequest;
using admin::v1::DescribeTopicsResponse;
using admin::v1::TopicFilter;

std::optional<common::v1::Error> Check(const DescribeTopicsRequest& request) {
  if (auto error = CheckNameCount(request.topics())) return error;
  for (const int condition : request.filter().conditions()) {
    if (condition != TopicFilter::CONDITION_UNSPECIFIED &&
        TopicFilter::Condition_IsValid(condition)) {
      continue;
    }
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("this controller knows no condition %d of partitions; upgrade "
                                     "it, or leave the condition out",
                                     condition));
  }
  return std::nullopt;
}

class Page {
 public:
  Page(const metadata::MetadataImage& image, const TopicFilter& filter,
       const TopicPageLimits& limits)
      : image_(image), filter_(filter), limits_(limits) {}

  // Adds the partitions of the topic that match, from `first` on. Returns whether the page has room
  // for the next topic.
  bool Add(const metadata::TopicImage& topic, int32_t first) {
    if (IsFull()) return EndAt(topic, first);
    ++looked_at_;
    const auto* own = OwnConfigsOf(image_, topic);
    if (filter_.with_overrides() && own == nullptr) return true;
    const size_t min_isr = MinIsrOf(image_.Get<metadata::ConfigsImage>(), own);
    admin::v1::TopicDescription* description = nullptr;
    for (int32_t i = first; i < topic.partition_count(); ++i) {
      if (IsFull()) return EndAt(topic, i);
      ++looked_at_;
      const metadata::PartitionView partition = topic.partition(i);
      if (!Matches(partition, min_isr)) continue;
      if (description == nullptr) {
        description = response_.add_topics();
        *description = metadata::DescribeTopicOnly(image_, topic);
        bytes_ += description->ByteSizeLong();
      }
      *description->add_partitions() = metadata::DescribePartition(partition);
      bytes_ += description->partitions().rbegin()->ByteSizeLong();
    }
    return true;
  }

  void AddMissing(const std::string& name) {
    *response_.add_topics() = metadata::DescribeTopic(image_, name);
  }

  DescribeTopicsResponse Take() {
    response_.set_end_offset(image_.end_offset().value());
    return std::move(response_);
  }

 private:
  // A page that has looked at a topic but at no partition would not end where the next one begins.
  bool IsFull() const {
    return looked_at_ > 1 && (looked_at_ >= limits_.looked_at || bytes_ >= limits_.bytes);
  }

  bool EndAt(const metadata::TopicImage& topic, int32_t partition) {
    *response_.mutable_next() = CursorOf({.topic_id = topic.id(), .partition = partition});
    return false;
  }

  bool Matches(const metadata::PartitionView& partition, size_t min_isr) const {
    if (filter_.conditions().empty()) return true;
    return std::any_of(filter_.conditions().begin(), filter_.conditions().end(),
                       [&](int condition) {
                         switch (condition) {
                           case TopicFilter::UNDER_REPLICATED:
                             return IsUnderReplicated(partition);
                           case TopicFilter::UNAVAILABLE:
                             return IsOffline(partition);
                           case TopicFilter::UNDER_MIN_ISR:
                             return IsUnderMinIsr(partition, min_isr);
                           case TopicFilter::AT_MIN_ISR:
                             return IsAtMinIsr(partition, min_isr);
                           default:
                             return false;
                         }
                       });
  }

  const metadata::MetadataImage& image_;
  const TopicFilter& filter_;
  const TopicPageLimits limits_;
  DescribeTopicsResponse response_;
  int64_t looked_at_ = 0;
  size_t bytes_ = 0;
};

}  // namespace

Answer<DescribeTopicsResponse> DescribeTopicPage(const metadata::MetadataImage& image,
                                                 const DescribeTopicsRequest& request,
                                                 const TopicPageLimits& limits) {
  const TopicFilter& filter = request.filter();
  if (auto error = Check(request)) return *std::move(error);
  Answer<PartitionPlace> begin = BeginOf(filter);
  if (auto* error = std::get_if<common::v1::Error>(&begin)) return std::move(*error);
  const PartitionPlace from = std::get<PartitionPlace>(begin);
  Page page(image, filter, limits);
  if (!filter.has_from()) {
    for (const std::string& name : request.topics()) {
      if (image.FindTopicByName(name) == nullptr) page.AddMissing(name);
    }
  }
  VisitTopics(image, request.topics(), from, [&](const metadata::TopicImage& topic, int32_t first) {
    return page.Add(topic, first);
  });
  return page.Take();
}

}  // namespace quorate::controller
