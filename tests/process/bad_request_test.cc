// Calls that the controllers must reject. The client learns what is wrong and what to do, and the
// metadata log does not grow by a single record.
#include <gmock/gmock.h>

#include "base/host_port.h"
#include "base/random.h"
#include "base/uuid.h"
#include "client/channel.h"
#include "client/status_mapping.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "tests/harness/cluster.h"
#include "tests/harness/loopback_socket.h"
#include "tests/process/refusal.h"

namespace quorate::testing {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// The high watermark moves with every committed record, so an unchanged value shows that no record
// was added.
int64_t HighWatermark(client::AdminClient& client) {
  return Must(client.DescribeQuorum({})).high_watermark();
}

std::vector<admin::v1::Broker> Brokers(client::AdminClient& client) {
  const auto response = Must(client.DescribeCluster({}));
  return {response.brokers().begin(), response.brokers().end()};
}

admin::v1::CreateTopicsRequest Request(const std::vector<std::string>& names) {
  admin::v1::CreateTopicsRequest request;
  for (const std::string& name : names) request.add_topics()->set_name(name);
  return request;
}

// Returns a valid request for one topic, modified by `change`.
admin::v1::CreateTopicsRequest Request(const std::function<void(admin::v1::NewTopic&)>& change) {
  admin::v1::CreateTopicsRequest request = Request({"new"});
  change(*request.mutable_topics(0));
  return request;
}

struct BadCreation {
  admin::v1::CreateTopicsRequest request;
  common::v1::ErrorCode code;
  std::string says;
};

// Expects that every item of the answer is rejected with this code and message.
void ExpectItemsRefused(client::AdminClient& client, const BadCreation& bad) {
  SCOPED_TRACE(bad.request.ShortDebugString().substr(0, 100));
  const auto response = Must(client.CreateTopics(bad.request));
  ASSERT_EQ(response.results_size(), bad.request.topics_size());
  for (const auto& item : response.results()) {
    EXPECT_EQ(item.error().code(), bad.code) << item.ShortDebugString();
    EXPECT_THAT(item.error().message(), HasSubstr(bad.says));
    EXPECT_EQ(item.error().outcome(), common::v1::REFUSED);
    EXPECT_EQ(item.topic_id(), "");
  }
}

TEST(BadRequestTest, TopicsThatCannotBeAreRefusedOneByOne) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  // This is the longest path: a follower forwards the request, and returns the answer.
  client::AdminClient client = cluster.Client({cluster.Others(cluster.AwaitActive()).front()});
  CreateTopic(client, "orders", 1, 1);
  CreateTopic(client, "my.topic", 1, 1);
  const std::string longest(249, 'a');

  const std::vector<BadCreation> bad = {
      {Request({""}), common::v1::INVALID_TOPIC_EXCEPTION, "the topic name is empty"},
      {Request({"."}), common::v1::INVALID_TOPIC_EXCEPTION, "cannot be named \".\""},
      {Request({".."}), common::v1::INVALID_TOPIC_EXCEPTION, "cannot be named \"..\""},
      {Request({longest + "a"}), common::v1::INVALID_TOPIC_EXCEPTION,
       "250 characters; the maximum is"},
      {Request({"my topic"}), common::v1::INVALID_TOPIC_EXCEPTION, "other than letters, digits"},
      {Request({"my/topic"}), common::v1::INVALID_TOPIC_EXCEPTION, "\"my/topic\" has a character"},
      {Request({"tópico"}), common::v1::INVALID_TOPIC_EXCEPTION, "has a character other than"},
      {Request({"my\ntopic"}), common::v1::INVALID_TOPIC_EXCEPTION, "\"my\\ntopic\" has a"},
      {Request({"my_topic"}), common::v1::INVALID_TOPIC_EXCEPTION,
       "collides with topic \"my.topic\""},
      {Request({"__cluster_metadata"}), common::v1::INVALID_REQUEST, "reserved; choose another"},
      {Request({"orders"}), common::v1::TOPIC_ALREADY_EXISTS, "topic \"orders\" exists already"},
      {Request({"twice", "twice"}), common::v1::INVALID_REQUEST,
       "names topic \"twice\" 2 times; name it once"},
      {Request([](auto& topic) { topic.set_replication_factor(2); }),
       common::v1::INVALID_REPLICATION_FACTOR,
       "replication factor 2 is larger than the 1 registered broker; start more brokers or ask for "
       "at most 1"},
      {Request([](auto& topic) { topic.set_replication_factor(0); }),
       common::v1::INVALID_REPLICATION_FACTOR, "the replication factor must be at least 1, not 0"},
      {Request([](auto& topic) { topic.set_partition_count(0); }), common::v1::INVALID_PARTITIONS,
       "the partition count must be at least 1, not 0"},
      {Request([](auto& topic) { topic.set_partition_count(-5); }), common::v1::INVALID_PARTITIONS,
       "the partition count must be at least 1, not -5"},
      {Request([](auto& topic) { topic.add_assignments()->add_broker_ids(9); }),
       common::v1::INVALID_REPLICA_ASSIGNMENT, "names broker 9, which is not registered"},
      {Request([](auto& topic) {
         topic.set_partition_count(1);
         topic.add_assignments()->add_broker_ids(1);
       }),
       common::v1::INVALID_REQUEST, "omit the partition count"},
      {Request([](auto& topic) { topic.add_configs()->set_key("retention"); }),
       common::v1::INVALID_CONFIG,
       "there is no topic configuration \"retention\"; did you mean retention.ms?"},
  };
  for (const BadCreation& creation : bad) ExpectItemsRefused(client, creation);
  EXPECT_THAT(TopicNames(client), ::testing::ElementsAre("my.topic", "orders"));

  // A name of the maximum length is allowed, and a bad item does not affect the other items.
  const auto mixed = Must(client.CreateTopics(Request({longest, "or/ders"})));
  EXPECT_FALSE(mixed.results(0).has_error()) << mixed.results(0).ShortDebugString();
  EXPECT_EQ(mixed.results(1).error().code(), common::v1::INVALID_TOPIC_EXCEPTION);
  EXPECT_THAT(TopicNames(client), ::testing::ElementsAre(longest, "my.topic", "orders"));
}

// Returns the error that rejects the whole request.
common::v1::Error Refused(client::AdminClient& client,
                          const admin::v1::CreateTopicsRequest& request) {
  const auto result = client.CreateTopics(request);
  const auto* failure = std::get_if<client::CallFailure>(&result);
  if (failure == nullptr) {
    ADD_FAILURE() << "accepted: " << request.ShortDebugString().substr(0, 100);
    return {};
  }
  EXPECT_EQ(failure->kind, client::FailureKind::kRefused) << failure->ToString();
  return failure->error;
}

TEST(BadRequestTest, ARequestThatIsTooLargeIsRefusedAsAWhole) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  const int follower = cluster.Others(cluster.AwaitActive()).front();
  client::AdminClient client = cluster.Client({follower});
  constexpr size_t kLimit = size_t{8} << 20;
  const auto request_of = [](size_t bytes) {
    return Request([bytes](auto& topic) {
      topic.add_configs()->set_key("retention.ms");
      topic.mutable_configs(0)->set_value(std::string(bytes, '9'));
    });
  };
  const common::v1::Error too_large = Refused(client, request_of(kLimit + 1));
  EXPECT_EQ(too_large.code(), common::v1::MESSAGE_TOO_LARGE) << too_large.message();
  EXPECT_THAT(too_large.message(), HasSubstr("8388608"));

  // A request just below the limit is admitted, forwarded, and decided like any other.
  ExpectItemsRefused(client,
                     {request_of(kLimit - 1000), common::v1::INVALID_CONFIG,
                      "the value of retention.ms has 8387608 bytes; at most 16384 are possible"});

  // This request is small, but its work would be too large.
  const common::v1::Error too_many =
      Refused(client, Request([](auto& topic) { topic.set_partition_count(2'000'000'000); }));
  EXPECT_EQ(too_many.code(), common::v1::POLICY_VIOLATION);
  EXPECT_THAT(too_many.message(), AllOf(HasSubstr("2000000000 partitions"), HasSubstr("split it")));

  EXPECT_EQ(TopicNames(client), std::vector<std::string>());
}

// Returns the error of a RegisterBroker call that is modified by `change`.
common::v1::Error RegistrationError(
    const Cluster& cluster, int node,
    const std::function<void(broker::v1::RegisterBrokerRequest&)>& change) {
  Rng rng(Rng::SystemSeed());
  broker::v1::RegisterBrokerRequest request;
  request.set_cluster_id(cluster.cluster_id());
  request.set_broker_id(7);
  request.set_incarnation_id(std::string(Uuid::Random(rng).bytes()));
  request.set_advertised_endpoint("127.0.0.1:9092");
  auto* feature = request.add_features();
  feature->set_name(std::string(metadata::kMetadataVersionFeature));
  feature->set_min_level(1);
  feature->set_max_level(metadata::kLatestMetadataVersion);
  change(request);
  const auto stub = broker::v1::BrokerService::NewStub(
      client::MakeChannel(*ParseHostPort(cluster.ControllerEndpoint(node))));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  broker::v1::RegisterBrokerResponse response;
  const grpc::Status status = stub->RegisterBroker(&context, request, &response);
  if (status.ok()) {
    ADD_FAILURE() << "registered: " << request.ShortDebugString();
    return {};
  }
  return client::ErrorFromStatus(status);
}

TEST(BadRequestTest, ABrokerThatCannotBeIsNotRegistered) {
  Cluster cluster({.controllers = 3, .brokers = 2});
  for (const int node : {1, 2, 3}) cluster.StartController(node);
  cluster.AwaitReady();
  client::AdminClient client = cluster.Client();
  const int64_t before = HighWatermark(client);
  const int follower = cluster.Others(cluster.AwaitActive()).front();

  const auto expect_refused =
      [&](common::v1::ErrorCode code, const std::string& says,
          const std::function<void(broker::v1::RegisterBrokerRequest&)>& change) {
        const common::v1::Error error = RegistrationError(cluster, follower, change);
        EXPECT_EQ(error.code(), code) << error.ShortDebugString();
        EXPECT_THAT(error.message(), HasSubstr(says));
        EXPECT_EQ(error.outcome(), common::v1::REFUSED);
      };
  for (const auto& [address, says] : std::vector<std::pair<std::string, std::string>>{
           {"0.0.0.0:9092", "'0.0.0.0:9092' is a wildcard, which others cannot dial"},
           {"[::]:9092", "is a wildcard"},
           {"broker-7", "'broker-7' has no port: expected HOST:PORT"},
           {"broker-7:0", "has port 0"},
           {"", "'' has no port"},
           {"br oker:9092", "neither a host name nor an address"}}) {
    expect_refused(common::v1::INVALID_REGISTRATION, says,
                   [&, where = address](auto& request) { request.set_advertised_endpoint(where); });
  }
  expect_refused(common::v1::INVALID_REGISTRATION, "the log directory",
                 [](auto& request) { request.add_log_directories(std::string(16, '\0')); });
  expect_refused(common::v1::UNSUPPORTED_VERSION, "upgrade the broker's program",
                 [](auto& request) { request.clear_features(); });
  expect_refused(common::v1::INVALID_REGISTRATION, "the incarnation id is not 16 bytes",
                 [](auto& request) { request.set_incarnation_id("7"); });
  expect_refused(common::v1::INVALID_REGISTRATION, "broker id -1 is negative",
                 [](auto& request) { request.set_broker_id(-1); });
  Rng rng(Rng::SystemSeed());
  const std::string other = Uuid::Random(rng).ToString();
  const std::string foreign =
      "is configured for cluster \"" + other + "\"; this is cluster " + cluster.cluster_id();
  expect_refused(common::v1::INCONSISTENT_CLUSTER_ID, foreign,
                 [&](auto& request) { request.set_cluster_id(other); });

  // The broker program reports the same error and exits.
  EXPECT_THAT(Refusal(With(cluster.BrokerCommand(1), "--cluster-id=" + other), kFailed),
              AllOf(HasSubstr("refuses this broker"), HasSubstr(foreign)));
  EXPECT_TRUE(Brokers(client).empty());
  EXPECT_EQ(HighWatermark(client), before);
}

TEST(BadRequestTest, ASecondBrokerOfAnIdIsRefusedWhileTheFirstOneLives) {
  Cluster cluster({.controllers = 3, .brokers = 1});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 4, 1);
  const admin::v1::Broker first = Brokers(client).at(0);
  const int64_t before = HighWatermark(client);
  auto second = cluster.BrokerCommand(1);
  for (const char* flag : {"--listen=127.0.0.1:0", "--registration-timeout-ms=500"}) {
    second = With(second, flag);
  }
  second = With(second, "--data-dir=" + cluster.directory() + "/second");
  std::erase_if(second, [](const auto& f) { return f.rfind("--advertise=", 0) == 0; });
  EXPECT_THAT(Refusal(second, kFailed),
              AllOf(HasSubstr("another process holds broker id 1"),
                    HasSubstr("stop it, choose another id"), HasSubstr(cluster.BrokerEndpoint(1))));
  const admin::v1::Broker now = Brokers(client).at(0);
  EXPECT_EQ(now.incarnation_id(), first.incarnation_id());
  EXPECT_EQ(now.broker_epoch(), first.broker_epoch());
  EXPECT_FALSE(now.fenced());
  EXPECT_EQ(HighWatermark(client), before);
}

TEST(BadRequestTest, AnAdvertisedAddressThatDoesNotAnswerIsAWarning) {
  Cluster cluster({.controllers = 3, .brokers = 2});
  for (const int node : {1, 2, 3}) cluster.StartController(node);
  const LoopbackSocket nobody;  // bound but not listening, so it refuses connections
  const std::string endpoint = HostPort{"127.0.0.1", nobody.port()}.ToString();
  cluster.StartBroker(1);
  std::vector<std::string> command = With(cluster.BrokerCommand(2), "--advertise=" + endpoint);
  Process broker(command, cluster.BrokerDirectory(2) + ".log");
  cluster.AwaitUnfencedBrokers(2);

  client::AdminClient client = cluster.Client();
  const auto brokers = Brokers(client);
  EXPECT_TRUE(brokers.at(0).endpoint_verified());
  EXPECT_FALSE(brokers.at(1).endpoint_verified());
  EXPECT_EQ(brokers.at(1).endpoint(), endpoint);
  EXPECT_THAT(broker.Log(),
              HasSubstr("could not reach this broker at its advertised endpoint " + endpoint));
  CreateTopic(client, "orders", 2, 2);  // it works like any other broker
}

}  // namespace
}  // namespace quorate::testing
