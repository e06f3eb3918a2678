// An active controller that is cut off from its peers must not answer, even if the answer would
// append nothing. A request that waits there may meanwhile be answered by the other controllers.
#include <gmock/gmock.h>

#include <atomic>
#include <optional>
#include <thread>

#include "base/random.h"
#include "base/uuid.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using admin::v1::CreateTopicsRequest;
using admin::v1::CreateTopicsResponse;
using admin::v1::IncrementalAlterConfigsRequest;
using ::testing::Contains;
using ::testing::Not;

client::AdminClient Asking(const Cluster& cluster, const std::vector<int>& nodes,
                           std::chrono::seconds timeout) {
  return cluster.Client(nodes, [timeout](client::CallerOptions& options) {
    options.timeout = timeout;
    options.attempt_timeout = timeout;
  });
}

IncrementalAlterConfigsRequest SetRetention(const std::string& topic, const std::string& value) {
  IncrementalAlterConfigsRequest request;
  auto* changes = request.add_resources();
  changes->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  changes->mutable_resource()->set_name(topic);
  auto* change = changes->add_changes();
  change->set_operation(admin::v1::ConfigChange::SET);
  change->set_key("retention.ms");
  change->set_value(value);
  return request;
}

// Returns whether the call ended without an answer that is based on the metadata.
template <typename Response>
bool IsUnanswered(const client::CallResult<Response>& result) {
  return std::holds_alternative<client::CallFailure>(result);
}

TEST(UnconfirmedAnswerTest, AnIsolatedActiveControllerDoesNotSayThatThereIsNothingToDo) {
  Cluster cluster({.controllers = 3, .brokers = 1, .proxied_peers = true});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  Must(client.CreateTopics(NewTopicRequest("orders", 1, 1)));
  Must(client.CreateTopics(NewTopicRequest("payments", 1, 1)));
  Must(client.IncrementalAlterConfigs(SetRetention("orders", "1000")));
  const int old = cluster.AwaitActive();
  const auto quorum = cluster.QuorumSeenBy(old);
  ASSERT_TRUE(quorum);
  cluster.Isolate(old);

  // Sends all requests at the same time, because the controller soon resigns and then knows of no
  // leader.
  std::atomic<int> answered = 0;
  std::vector<std::thread> askers;
  const auto ask = [&](auto call) {
    askers.emplace_back([&cluster, &answered, old, call] {
      client::AdminClient asking = Asking(cluster, {old}, std::chrono::seconds(5));
      if (!IsUnanswered(call(asking))) ++answered;
    });
  };
  ask([](client::AdminClient& c) {
    return c.IncrementalAlterConfigs(SetRetention("orders", "1000"));
  });
  ask([](client::AdminClient& c) { return c.CreateTopics(NewTopicRequest("payments", 1, 1)); });
  ask([](client::AdminClient& c) {
    CreateTopicsRequest request = NewTopicRequest("clicks", 1, 1);
    request.set_validate_only(true);
    return c.CreateTopics(request);
  });
  ask([&](client::AdminClient& c) {
    admin::v1::AddVoterRequest request;
    for (const auto& voter : quorum->voters()) {
      if (voter.node_id() != old) continue;
      request.set_node_id(voter.node_id());
      request.set_directory_id(voter.directory_id());
    }
    return c.AddVoter(request);
  });
  for (std::thread& asker : askers) asker.join();
  EXPECT_EQ(answered, 0);
}

TEST(UnconfirmedAnswerTest, WhatWaitsAtAnIsolatedControllerIsNotDoneAfterItWasRefused) {
  Cluster cluster({.controllers = 3, .brokers = 1, .proxied_peers = true});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  Must(client.CreateTopics(NewTopicRequest("orders", 1, 1)));
  const int old = cluster.AwaitActive();
  const std::vector<int> others = cluster.Others(old);
  cluster.Isolate(old);

  CreateTopicsRequest create = NewTopicRequest("orders", 1, 1);
  Rng rng(Rng::SystemSeed());
  create.mutable_request_id()->set_client_uuid(std::string(Uuid::Random(rng).bytes()));
  create.mutable_request_id()->set_sequence(1);
  // This request waits at the isolated controller until the network is restored.
  std::optional<client::CallResult<CreateTopicsResponse>> late;
  std::thread waiting([&] { late = Asking(cluster, {old}, kPatience).CreateTopics(create); });

  client::AdminClient survivors = Asking(cluster, others, kPatience);
  const CreateTopicsResponse refused = Must(survivors.CreateTopics(create));
  ASSERT_EQ(refused.results_size(), 1);
  EXPECT_EQ(refused.results(0).error().code(), common::v1::TOPIC_ALREADY_EXISTS);
  admin::v1::DeleteTopicsRequest remove;
  remove.add_topics()->set_name("orders");
  Must(survivors.DeleteTopics(remove));

  cluster.Rejoin(old);
  waiting.join();
  const CreateTopicsResponse same = Must(*late);
  ASSERT_EQ(same.results_size(), 1);
  EXPECT_EQ(same.results(0).error().code(), common::v1::TOPIC_ALREADY_EXISTS);
  cluster.AwaitReady();
  EXPECT_THAT(TopicNames(survivors), Not(Contains("orders")));
}

}  // namespace
}  // namespace quorate::testing
