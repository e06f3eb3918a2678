// Requests that are repeated because their outcome is unknown. After a failover, a lost reply or a
// restart, the client gets the first result, and nothing is executed twice.
#include <gmock/gmock.h>

#include <thread>

#include "base/random.h"
#include "base/uuid.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Gives requests their ids, as one client does.
class RequestNamer {
 public:
  RequestNamer() {
    Rng rng(Rng::SystemSeed());
    client_uuid_ = std::string(Uuid::Random(rng).bytes());
  }

  admin::v1::CreateTopicsRequest Create(const std::vector<std::string>& names) {
    admin::v1::CreateTopicsRequest request;
    Name(*request.mutable_request_id());
    for (const std::string& name : names) {
      auto* topic = request.add_topics();
      topic->set_name(name);
      topic->set_partition_count(3);
      topic->set_replication_factor(1);
    }
    return request;
  }

  admin::v1::DeleteTopicsRequest Delete(const std::string& name) {
    admin::v1::DeleteTopicsRequest request;
    Name(*request.mutable_request_id());
    request.add_topics()->set_name(name);
    return request;
  }

 private:
  void Name(common::v1::RequestId& id) {
    id.set_client_uuid(client_uuid_);
    id.set_sequence(++last_sequence_);
  }

  std::string client_uuid_;
  int64_t last_sequence_ = 0;
};

// Returns the items of the answer as text. They must be the same each time; only the end offset may
// differ.
template <typename Response>
std::string Items(const client::CallResult<Response>& result) {
  std::string text;
  const Response response = Must(result);
  for (const auto& item : response.results()) text += item.ShortDebugString() + "\n";
  return text;
}

// Each round repeats the requests at the controllers that did not answer the first attempt.
TEST(RequestIdTest, ARetryThroughAFailoverReturnsTheFirstResult) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  RequestNamer namer;
  for (int round = 0; round < 3; ++round) {
    const std::string suffix = std::to_string(round);
    const int active = cluster.AwaitActive();
    client::AdminClient first = cluster.Client({active});
    const auto create = namer.Create({"a-" + suffix, "bad name", "b-" + suffix});
    const std::string created = Items(first.CreateTopics(create));
    EXPECT_THAT(created, HasSubstr("topic_id"));
    EXPECT_THAT(created, HasSubstr("INVALID_TOPIC_EXCEPTION"));
    const auto remove = namer.Delete("a-" + suffix);
    const std::string removed = Items(first.DeleteTopics(remove));
    cluster.controller(active).Kill();

    for (const int other : cluster.Others(active)) {
      client::AdminClient second = cluster.Client({other});
      EXPECT_EQ(Items(second.CreateTopics(create)), created);
      EXPECT_EQ(Items(second.DeleteTopics(remove)), removed);
    }
    cluster.StartController(active);
    cluster.AwaitReady();
  }
  client::AdminClient client = cluster.Client();
  EXPECT_THAT(TopicNames(client), ElementsAre("b-0", "b-1", "b-2"));
}

TEST(RequestIdTest, ItIsRememberedAfterARestartOfAll) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  RequestNamer namer;
  client::AdminClient client = cluster.Client();
  const auto create = namer.Create({"orders"});
  const std::string created = Items(client.CreateTopics(create));
  const auto remove = namer.Delete("orders");
  const std::string removed = Items(client.DeleteTopics(remove));
  for (const int node : {1, 2, 3}) cluster.controller(node).Kill();
  for (const int node : {1, 2, 3}) cluster.StartController(node);
  cluster.AwaitReady();
  for (const int node : {1, 2, 3}) {
    client::AdminClient again = cluster.Client({node});
    EXPECT_EQ(Items(again.CreateTopics(create)), created);
    EXPECT_EQ(Items(again.DeleteTopics(remove)), removed);
    EXPECT_TRUE(TopicNames(again).empty()) << "a retry created the topic again";
  }
}

TEST(RequestIdTest, TheIdOfAnotherRequestIsRefused) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  RequestNamer namer;
  client::AdminClient client = cluster.Client();
  const auto create = namer.Create({"orders"});
  const std::string created = Items(client.CreateTopics(create));

  admin::v1::CreateTopicsRequest other = create;
  other.mutable_topics(0)->set_name("payments");
  admin::v1::DeleteTopicsRequest remove;
  *remove.mutable_request_id() = create.request_id();
  remove.add_topics()->set_name("orders");
  for (const int node : {1, 2, 3}) {
    client::AdminClient asked = cluster.Client({node});
    const auto expect_invalid = [](const client::CallFailure& failure) {
      EXPECT_EQ(failure.error.code(), common::v1::INVALID_REQUEST) << failure.ToString();
      EXPECT_EQ(failure.kind, client::FailureKind::kRefused);
      EXPECT_THAT(failure.error.message(), HasSubstr("AdminService/CreateTopics)"));
      EXPECT_THAT(failure.error.message(), HasSubstr("take the next sequence"));
    };
    const auto not_created = asked.CreateTopics(other);
    ASSERT_TRUE(std::holds_alternative<client::CallFailure>(not_created));
    expect_invalid(std::get<client::CallFailure>(not_created));
    const auto not_deleted = asked.DeleteTopics(remove);
    ASSERT_TRUE(std::holds_alternative<client::CallFailure>(not_deleted));
    expect_invalid(std::get<client::CallFailure>(not_deleted));
    EXPECT_THAT(TopicNames(asked), ElementsAre("orders"));
    EXPECT_EQ(Items(asked.CreateTopics(create)), created);
  }
}

// A rejection is final for its request id. Once the change has become possible, the client must
// send a request with a new id.
TEST(RequestIdTest, ARefusalIsRemembered) {
  Cluster cluster({.controllers = 1, .brokers = 1});
  cluster.StartController(1);
  cluster.AwaitReady();
  RequestNamer namer;
  client::AdminClient client = cluster.Client();
  const auto create = namer.Create({"orders"});
  EXPECT_THAT(Items(client.CreateTopics(create)), HasSubstr("INVALID_REPLICATION_FACTOR"));
  cluster.StartBroker(1);
  cluster.AwaitUnfencedBrokers(1);
  EXPECT_THAT(Items(client.CreateTopics(create)), HasSubstr("INVALID_REPLICATION_FACTOR"));
  EXPECT_THAT(Items(client.CreateTopics(namer.Create({"orders"}))), HasSubstr("topic_id"));
}

// The change was made, but its reply was lost. The client must be able to ask for the outcome.
TEST(RequestIdTest, ALostReplyIsFoundElsewhere) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  const int mute = cluster.AwaitActive();
  const int other = cluster.Others(mute).front();
  cluster.controller(mute).Kill();
  cluster.StartController(mute, {"--failpoints=server.before_reply=error"});
  cluster.AwaitReady();
  RequestNamer namer;
  const auto create = namer.Create({"orders"});
  client::AdminClient unlucky = cluster.Client(
      {mute}, [](client::CallerOptions& options) { options.timeout = std::chrono::seconds(2); });
  const auto lost = unlucky.CreateTopics(create);
  ASSERT_TRUE(std::holds_alternative<client::CallFailure>(lost));
  EXPECT_EQ(std::get<client::CallFailure>(lost).kind, client::FailureKind::kUnknown);

  client::AdminClient client = cluster.Client({other});
  ASSERT_THAT(TopicNames(client), ElementsAre("orders"));
  admin::v1::DescribeTopicsRequest describe;
  describe.add_topics("orders");
  const std::string id = Must(client.DescribeTopics(describe)).topics(0).topic_id();
  EXPECT_THAT(Items(client.CreateTopics(create)), HasSubstr(id));
}

TEST(RequestIdTest, TheSameRequestAtEveryControllerAtOnceIsDoneOnce) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  RequestNamer namer;
  for (int round = 0; round < 20; ++round) {
    const auto create = namer.Create({"topic-" + std::to_string(round)});
    std::string results[3];
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i) {
      callers.emplace_back([&, i] {
        client::AdminClient client = cluster.Client({i + 1});
        results[i] = Items(client.CreateTopics(create));
      });
    }
    for (std::thread& caller : callers) caller.join();
    EXPECT_THAT(results[0], HasSubstr("topic_id"));
    EXPECT_EQ(results[1], results[0]);
    EXPECT_EQ(results[2], results[0]);
  }
  client::AdminClient client = cluster.Client();
  EXPECT_EQ(TopicNames(client).size(), 20u);
}

}  // namespace
}  // namespace quorate::testing
