#include "cli/described_topics.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace quorate::cli {
namespace {

using admin::v1::DescribeTopicsRequest;
using admin::v1::DescribeTopicsResponse;
using admin::v1::TopicDescription;
using client::CallFailure;

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

}  // namespace quorate::cli
