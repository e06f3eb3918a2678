// Subscribers to the metadata log through gRPC. They receive every batch in order, wherever they
// begin, whichever controller they ask, and whichever controller dies meanwhile.
#include "tests/process/subscription.h"

#include <gmock/gmock.h>

#include <set>

#include "base/random.h"
#include "base/uuid.h"
#include "tests/process/topic_stream.h"

namespace quorate::testing {
namespace {

using ::testing::HasSubstr;

std::set<std::string> TopicsOf(const metadata::MetadataImage& image) {
  std::set<std::string> names;
  for (const auto& topic : image.TopicsByName()) names.insert(topic->name());
  return names;
}

// Returns the end offset of the creation. Because a creation is acknowledged only once it is
// committed, everything below this offset is in the log.
int64_t EndAfter(const admin::v1::CreateTopicsResponse& created) { return created.end_offset(); }

TEST(SubscriptionTest, EveryControllerSendsTheSameLogFromItsBeginning) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  Subscription early(cluster, cluster.Others(cluster.AwaitActive()).front());
  std::set<std::string> names;
  int64_t end = 0;
  for (int i = 0; i < 10; ++i) {
    const std::string name = "topic-" + std::to_string(i);
    end = EndAfter(CreateTopic(client, name, 1 + i % 3, 1));
    names.insert(name);
  }
  ASSERT_TRUE(early.ReadTo(end));  // received while the log grew
  EXPECT_EQ(TopicsOf(ReplayAll(early.batches())), names);
  for (const int node : {1, 2, 3}) {
    Subscription late(cluster, node);
    ASSERT_TRUE(late.ReadTo(end));
    for (size_t i = 0; i < early.batches().size() && i < late.batches().size(); ++i) {
      EXPECT_EQ(late.batches()[i].SerializeAsString(), early.batches()[i].SerializeAsString())
          << "controller " << node << ", batch " << i;
    }
  }
}

TEST(SubscriptionTest, ItResumesBehindAnyBatch) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  for (const char* name : {"a", "b", "c"}) CreateTopic(client, name, 2, 1);
  const int64_t end = EndAfter(CreateTopic(client, "d", 1, 1));
  Subscription whole(cluster, 1);
  ASSERT_TRUE(whole.ReadTo(end));
  for (size_t i = 0; i + 1 < whole.batches().size(); ++i) {
    Subscription resumed(cluster, 1 + static_cast<int>(i % 3), EndOf(whole.batches()[i]));
    const auto event = resumed.Next();
    ASSERT_TRUE(event) << resumed.End().ShortDebugString();
    EXPECT_EQ(event->batch().SerializeAsString(), whole.batches()[i + 1].SerializeAsString());
  }
  // At the end of the log, the subscriber receives only the high watermark.
  Subscription done(cluster, 2, whole.position());
  EXPECT_EQ(done.ReadToProgress()->high_watermark(), whole.position().end_offset);
  EXPECT_TRUE(done.batches().empty());
}

TEST(SubscriptionTest, ItResumesAtAnotherControllerThroughFailovers) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  TopicStream stream(cluster, "stream");
  std::vector<metadata::v1::Batch> batches;
  SubscriberPosition position;
  for (int round = 0; round < 3; ++round) {
    const int active = cluster.AwaitActive();
    {
      Subscription subscription(cluster, active, position);
      stream.AwaitMore(5);
      ASSERT_TRUE(subscription.ReadTo(position.end_offset + 5));
      cluster.controller(active).Kill();
      while (subscription.Next()) {
      }
      batches.insert(batches.end(), subscription.batches().begin(), subscription.batches().end());
      position = subscription.position();
    }
    Subscription resumed(cluster, cluster.Others(active).at(round % 2), position);
    stream.AwaitMore(5);
    ASSERT_TRUE(resumed.ReadTo(position.end_offset + 5));
    batches.insert(batches.end(), resumed.batches().begin(), resumed.batches().end());
    position = resumed.position();
    cluster.StartController(active);
    cluster.AwaitReady();
  }
  stream.Stop();
  client::AdminClient client = cluster.Client();
  ExpectExactlyAcknowledged(client, stream);
  // Reads the rest of the log, so that the test compares all topics.
  const int64_t end = EndAfter(CreateTopic(client, "last", 1, 1));
  Subscription rest(cluster, 1, position);
  ASSERT_TRUE(rest.ReadTo(end));
  batches.insert(batches.end(), rest.batches().begin(), rest.batches().end());
  std::set<std::string> expected = {"last"};
  for (const auto& [name, id] : stream.acknowledged()) expected.insert(name);
  EXPECT_EQ(TopicsOf(ReplayAll(batches)), expected);
}

TEST(SubscriptionTest, APlaceThatIsNotInTheLogIsReset) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  const int64_t end = EndAfter(CreateTopic(client, "orders", 5, 1));
  Subscription whole(cluster, 1);
  ASSERT_TRUE(whole.ReadTo(end));
  const SubscriberPosition last = EndOf(whole.batches().back());

  const auto reason = [&](int node, const SubscriberPosition& from) -> std::string {
    Subscription subscription(cluster, node, from);
    const auto event = subscription.Next();
    if (!event || !event->has_reset()) {
      ADD_FAILURE() << "not reset at epoch " << from.epoch << ", offset " << from.end_offset;
      return "";
    }
    EXPECT_FALSE(subscription.Next()) << "something comes after a reset";
    return event->reset().reason();
  };
  for (const int node : {1, 2, 3}) {
    SCOPED_TRACE(node);
    EXPECT_THAT(reason(node, {last.epoch + 1, last.end_offset}), HasSubstr("is of epoch"));
    EXPECT_THAT(reason(node, {last.epoch, last.end_offset - 1}), HasSubstr("ends at"));
    EXPECT_THAT(reason(node, {last.epoch, last.end_offset + 1'000'000}),
                HasSubstr("this log ends at offset"));
  }
}

TEST(SubscriptionTest, WhatIsNoSubscriptionIsRefused) {
  Cluster cluster({.controllers = 1});
  cluster.Start();
  for (const SubscriberPosition nowhere : {SubscriberPosition{0, 1}, SubscriberPosition{1, 0},
                                           SubscriberPosition{-1, -1}, SubscriberPosition{1, -5}}) {
    Subscription subscription(cluster, 1, nowhere);
    const common::v1::Error error = subscription.End();
    EXPECT_EQ(error.code(), common::v1::INVALID_REQUEST) << error.ShortDebugString();
    EXPECT_THAT(error.message(), HasSubstr("are not a position in a log"));
  }
  Rng rng(Rng::SystemSeed());
  Subscription foreign(cluster, 1, {}, Uuid::Random(rng).ToString());
  const common::v1::Error error = foreign.End();
  EXPECT_EQ(error.code(), common::v1::INCONSISTENT_CLUSTER_ID);
  EXPECT_THAT(error.message(), HasSubstr("this is cluster " + cluster.cluster_id()));
}

// The subscriber has entries that this controller has not received yet. That is not a reason to
// start over.
TEST(SubscriptionTest, ASubscriberThatIsAheadOfAControllerIsWaitedFor) {
  Cluster cluster({.controllers = 3, .brokers = 1, .proxied_peers = true});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  const int active = cluster.AwaitActive();
  const int behind = cluster.Others(active).front();
  CreateTopic(client, "before", 1, 1);
  cluster.Isolate(behind);
  client::AdminClient others = cluster.Client(cluster.Others(behind));
  Subscription whole(cluster, active);
  ASSERT_TRUE(whole.ReadTo(EndAfter(CreateTopic(others, "ahead", 1, 1))));

  Subscription subscription(cluster, behind, whole.position());
  const int64_t end = EndAfter(CreateTopic(others, "next", 1, 1));
  cluster.Rejoin(behind);
  ASSERT_TRUE(subscription.ReadTo(end));
  ASSERT_TRUE(whole.ReadTo(end));
  EXPECT_EQ(subscription.batches().front().SerializeAsString(),
            whole.batches()
                .at(whole.batches().size() - subscription.batches().size())
                .SerializeAsString());
}

TEST(SubscriptionTest, ProgressIsToldAgainAndAgainWhileNothingHappens) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  const int active = cluster.AwaitActive();
  const int64_t epoch = cluster.QuorumSeenBy(active)->epoch();
  for (const int node : {active, cluster.Others(active).front()}) {
    Subscription subscription(cluster, node);
    for (int i = 0; i < 3; ++i) {
      const auto progress = subscription.ReadToProgress();
      ASSERT_TRUE(progress);
      EXPECT_EQ(progress->high_watermark(), subscription.position().end_offset);
      EXPECT_EQ(progress->leader_id(), active);
      EXPECT_EQ(progress->epoch(), epoch);
    }
  }
}

}  // namespace
}  // namespace quorate::testing
