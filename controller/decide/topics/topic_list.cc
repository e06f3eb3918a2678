#include "controller/decide/topics/topic_list.h"

#include <algorithm>
#include <cstddef>

#include "absl/strings/str_format.h"
#include "controller/answer.h"

namespace quorate::controller {

Answer<TopicList> ListTopicPage(const metadata::MetadataImage& image,
                                const admin::v1::ListTopicsRequest& request) {
  if (request.max_topics() < 0) {
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("max_topics is %d; it must be 0 (all topics) or more",
                                     request.max_topics()));
  }
  TopicList list;
  image.ForEachTopic([&](const metadata::TopicPtr& topic) {
    if (topic->name() > request.after_name()) list.topics.push_back(topic);
  });
  const auto by_name = [](const metadata::TopicPtr& a, const metadata::TopicPtr& b) {
    return a->name() < b->name();
  };
  const auto max = static_cast<size_t>(request.max_topics());
  list.has_more = max > 0 && list.topics.size() > max;
  if (list.has_more) {
    std::nth_element(list.topics.begin(), list.topics.begin() + request.max_topics(),
                     list.topics.end(), by_name);
    list.topics.resize(max);
  }
  std::sort(list.topics.begin(), list.topics.end(), by_name);
  return list;
}

}  // namespace quorate::controller
