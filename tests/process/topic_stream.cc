#include "tests/process/topic_stream.h"

#include "base/check.h"
#include "gtest/gtest.h"

namespace quorate::testing {

TopicStream::TopicStream(const Cluster& cluster, std::string prefix)
    : thread_([this,
               client = cluster.Client({},
                                       [](client::CallerOptions& options) {
                                         options.attempt_timeout = std::chrono::milliseconds(200);
                                       }),
               prefix = std::move(prefix)]() mutable { Run(std::move(client), prefix); }) {}

TopicStream::~TopicStream() { Stop(); }

void TopicStream::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void TopicStream::AwaitMore(int count) {
  const int target = acknowledged_count_ + count;
  CHECK(WaitFor([&] { return acknowledged_count_ >= target; }))
      << "the stream of creations stands still at " << acknowledged_count_;
}

void TopicStream::Run(client::AdminClient client, const std::string& prefix) {
  for (int n = 0; !stop_; ++n) {
    const std::string name = prefix + "-" + std::to_string(n);
    const auto result = client.CreateTopics(NewTopicRequest(name, 1, 1));
    if (const auto* failure = std::get_if<client::CallFailure>(&result)) {
      failures_[name] = failure->ToString();
      continue;
    }
    const auto& item = std::get<admin::v1::CreateTopicsResponse>(result).results(0);
    if (item.has_error()) {
      failures_[name] = item.error().message();
    } else {
      acknowledged_[name] = item.topic_id();
      ++acknowledged_count_;
    }
  }
}

void ExpectExactlyAcknowledged(client::AdminClient& client, const TopicStream& stream) {
  for (const auto& [name, why] : stream.failures()) ADD_FAILURE() << name << ": " << why;
  const auto response = Must(client.ListTopics({}));
  std::map<std::string, std::string> found;
  for (const auto& topic : response.topics()) {
    EXPECT_TRUE(found.emplace(topic.name(), topic.topic_id()).second)
        << topic.name() << " is listed twice";
  }
  for (const auto& [name, id] : stream.acknowledged()) {
    const auto it = found.find(name);
    if (it == found.end()) {
      ADD_FAILURE() << name << " was acknowledged and is lost";
    } else {
      EXPECT_EQ(it->second, id) << name << " was acknowledged with another id: created twice";
    }
  }
  // The creation that was in flight at Stop has ended, so no other topic can exist.
  EXPECT_EQ(found.size(), stream.acknowledged().size() + stream.failures().size());
}

}  // namespace quorate::testing
