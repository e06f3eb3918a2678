#include "cli/described_topics.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace quorate::cli {
namespace {

using admin::v1::DescribeTopicsRequest;
using admin::v1::DescribeTopicsResponse;
using admin::v1::ListTopicsRequest;
using admin::v1::ListTopicsResponse;
using admin::v1::TopicDescription;
using client::CallFailure;

// What is held in memory at a time.
constexpr int kTopicsPerList = 1'000;
constexpr int64_t kPartitionsAtOnce = 10'000;

// Adds the topics of the next page. The first one may be the rest of the last one so far.
void AddPage(DescribeTopicsResponse page, DescribeTopicsResponse& all) {
  for (TopicDescription& topic : *page.mutable_topics()) {
    const bool goes_on = !all.topics().empty() && !topic.topic_id().empty() &&
                         all.topics().rbegin()->topic_id() == topic.topic_id();
    if (goes_on) {
      all.mutable_topics()->rbegin()->mutable_partitions()->MergeFrom(topic.partitions());
    } else {
      *all.add_topics() = std::move(topic);
    }
  }
  all.set_end_offset(page.end_offset());
}

}  // namespace

client::CallResult<DescribeTopicsResponse> DescribeTopicPages(client::AdminClient& client,
                                                              DescribeTopicsRequest request) {
  if (!request.has_filter()) return client.DescribeTopics(request);
  DescribeTopicsResponse all;
  while (true) {
    auto result = client.DescribeTopics(request);
    if (std::holds_alternative<CallFailure>(result)) return result;
    auto& page = std::get<DescribeTopicsResponse>(result);
    const bool is_last = !page.has_next();
    *request.mutable_filter()->mutable_from() = page.next();
    AddPage(std::move(page), all);
    if (is_last) break;
  }
  std::sort(
      all.mutable_topics()->begin(), all.mutable_topics()->end(),
      [](const TopicDescription& a, const TopicDescription& b) { return a.name() < b.name(); });
  return all;
}

client::CallResult<int64_t> DescribeEachTopic(
    client::AdminClient& client, bool allow_stale,
    absl::FunctionRef<void(const TopicDescription&)> on_topic) {
  ListTopicsRequest list;
  list.set_allow_stale(allow_stale);
  list.set_max_topics(kTopicsPerList);
  int64_t end_offset = 0;
  for (bool has_more = true; has_more;) {
    auto listed = client.ListTopics(list);
    if (auto* failure = std::get_if<CallFailure>(&listed)) return std::move(*failure);
    const auto& page = std::get<ListTopicsResponse>(listed);
    has_more = page.has_more();
    if (has_more) list.set_after_name(page.topics().rbegin()->name());
    end_offset = std::max(end_offset, page.end_offset());
    for (int i = 0; i < page.topics_size();) {
      DescribeTopicsRequest request;
      request.set_allow_stale(allow_stale);
      request.mutable_filter();
      int64_t partitions = 0;
      while (i < page.topics_size() && partitions < kPartitionsAtOnce &&
             request.topics_size() < kTopicsPerList) {
        partitions += page.topics(i).partition_count();
        request.add_topics(page.topics(i++).name());
      }
      auto described = DescribeTopicPages(client, request);
      if (auto* failure = std::get_if<CallFailure>(&described)) return std::move(*failure);
      const auto& topics = std::get<DescribeTopicsResponse>(described);
      end_offset = std::max(end_offset, topics.end_offset());
      for (const TopicDescription& topic : topics.topics()) {
        // A topic that is deleted meanwhile is not an error here.
        if (!topic.has_error()) on_topic(topic);
      }
    }
  }
  return end_offset;
}

}  // namespace quorate::cli
