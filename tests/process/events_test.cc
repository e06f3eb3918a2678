// The story of a cluster: what quoratectl events and ListEvents tell of it.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/channel.h"
#include "client/status_mapping.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using metadata::v1::ClusterEvent;
using metadata::v1::ListEventsRequest;
using metadata::v1::ListEventsResponse;
using metadata::v1::MetadataService;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// Runs quoratectl events.
RunResult Events(const Cluster& cluster, const std::vector<std::string>& flags = {}) {
  std::vector<std::string> command = {QuoratectlProgram(), "events",
                                      "--bootstrap=" + cluster.Bootstrap()};
  command.insert(command.end(), flags.begin(), flags.end());
  return Run(command);
}

// Returns the texts of the events, without those before `since`.
std::vector<std::string> StoryOf(const Cluster& cluster, const std::string& since = "0") {
  const RunResult result = Events(cluster, {"--since=" + since, "--output=json"});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  std::vector<std::string> texts;
  for (const absl::string_view line : absl::StrSplit(result.output, '\n', absl::SkipEmpty())) {
    const nlohmann::json event = nlohmann::json::parse(line);
    texts.push_back(absl::StrCat(event["kind"].get<std::string>(), ": ",
                                 event["text"].get<std::string>(), " / ",
                                 event["cause"].get<std::string>()));
  }
  return texts;
}

// A call of ListEvents at controller 1.
class EventStream {
 public:
  EventStream(const Cluster& cluster, ListEventsRequest request)
      : stub_(MetadataService::NewStub(
            client::MakeChannel(*ParseHostPort(cluster.ControllerEndpoint(1))))) {
    if (request.cluster_id().empty()) request.set_cluster_id(cluster.cluster_id());
    context_.set_deadline(std::chrono::system_clock::now() + 2 * kPatience);
    reader_ = stub_->ListEvents(&context_, request);
  }
  ~EventStream() {
    context_.TryCancel();
    ListEventsResponse rest;
    while (reader_ != nullptr && reader_->Read(&rest)) {
    }
    if (reader_ != nullptr) reader_->Finish();
  }

  // Returns the next message, or nullopt if the stream has ended.
  std::optional<ListEventsResponse> Next() {
    ListEventsResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response;
  }
  // Reads until an event of this kind. Returns false if the stream ends before.
  bool Await(ClusterEvent::Kind kind) {
    while (const auto response = Next()) {
      for (const ClusterEvent& event : response->events()) {
        if (event.kind() == kind) return true;
      }
    }
    return false;
  }
  // Waits until the stream ends.
  grpc::Status End() {
    while (Next()) {
    }
    const grpc::Status status = reader_->Finish();
    reader_.reset();
    return status;
  }

 private:
  const std::unique_ptr<MetadataService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<ListEventsResponse>> reader_;
};

TEST(EventsTest, TellWhatHappened) {
  Cluster cluster({.controllers = 3, .brokers = 3});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "orders", 6, 3);
  cluster.broker(3).Kill();
  cluster.AwaitUnfencedBrokers(2);
  const int active = cluster.AwaitActive();
  cluster.controller(active).Kill();
  cluster.AwaitActive();

  const std::vector<std::string> story = StoryOf(cluster);
  EXPECT_THAT(story, Contains(HasSubstr("TOPIC_CREATED: topic orders created: 6 partitions")));
  EXPECT_THAT(story, Contains(AllOf(HasSubstr("BROKER_FENCED: broker 3 fenced"),
                                    HasSubstr("/ fence broker 3: "))));
  EXPECT_THAT(story, Contains(HasSubstr("LEADERS_MOVED: 2 leaders moved: ")));
  EXPECT_THAT(story, Contains(HasSubstr("ISRS_SHRANK: 6 ISRs shrank: 6 without broker 3")));
  EXPECT_THAT(
      story,
      Contains(AllOf(HasSubstr("CONTROLLER_ELECTED: controller "),
                     HasSubstr(absl::StrCat("the connection to controller ", active, " broke")))));

  const RunResult text = Events(cluster);
  EXPECT_EQ(text.status.code, 0);
  EXPECT_THAT(text.output, HasSubstr("topic orders created: 6 partitions, 3 replicas of each"));
  EXPECT_EQ(text.errors, "");
}

TEST(EventsTest, BeginWhereTheOldestSnapshotEnds) {
  Cluster cluster(
      {.controllers = 1,
       .brokers = 1,
       .controller_flags = {"--snapshot-min-log-bytes=3000", "--snapshot-log-ratio=1"}});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  int topics = 0;
  // Until the log no longer has its beginning. A controller that has not restarted may still have
  // it in memory.
  RunResult result;
  EXPECT_TRUE(WaitFor([&] {
    for (int i = 0; i < 40; ++i) CreateTopic(client, absl::StrCat("topic-", topics++), 1, 1);
    cluster.controller(1).Kill();
    cluster.StartController(1);
    cluster.AwaitReady();
    result = Events(cluster);
    return !result.errors.empty();
  }));
  EXPECT_THAT(result.errors, HasSubstr("the story begins at offset "));
  EXPECT_THAT(result.output, Not(HasSubstr("topic topic-0 created")));
  EXPECT_THAT(result.output, HasSubstr(absl::StrCat("topic topic-", topics - 1, " created")));

  const std::vector<std::string> last = StoryOf(cluster, absl::StrCat(std::int32_t{1} << 30));
  EXPECT_TRUE(last.empty());

  EventStream stream(cluster, {});
  const auto first = stream.Next();
  ASSERT_TRUE(first);
  EXPECT_GT(first->begin_offset(), 0);
  EXPECT_TRUE(stream.End().ok());
}

TEST(EventsTest, TopicsAreDescribedAsTheyWere) {
  Cluster cluster({.controllers = 1, .brokers = 2});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  const int64_t created = CreateTopic(client, "orders", 1, 2).end_offset() - 1;
  cluster.broker(1).Kill();
  EXPECT_TRUE(WaitFor([&] {
    admin::v1::DescribeTopicsRequest request;
    request.add_topics("orders");
    return Must(client.DescribeTopics(request)).topics(0).partitions(0).isr_size() == 1;
  }));
  const auto describe = [&](const std::string& at) {
    return testing::Run({QuoratectlProgram(), "topics", "describe", "orders", "--at", at,
                         "--output=json", "--bootstrap=" + cluster.Bootstrap()});
  };
  RunResult result = describe(absl::StrCat(created));
  ASSERT_EQ(result.status.code, 0) << result.errors;
  nlohmann::json topic = nlohmann::json::parse(result.output)["topics"][0];
  EXPECT_EQ(topic["partitions"][0]["isr"].size(), 2u);
  topic = nlohmann::json::parse(describe("0s").output)["topics"][0];
  EXPECT_EQ(topic["partitions"][0]["isr"].size(), 1u);
  // Before the topic was created.
  result = describe("0");
  EXPECT_EQ(result.status.code, 1);
  result = describe("1000000");
  EXPECT_EQ(result.status.code, 1);
  EXPECT_THAT(result.errors, HasSubstr("offset 1000000 is not in the log yet"));
}

TEST(EventsTest, AStreamFollowsAndTheirNumberIsLimited) {
  Cluster cluster({.controllers = 1, .brokers = 1});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  ListEventsRequest follow;
  follow.set_follow(true);
  EventStream first(cluster, follow);
  EXPECT_TRUE(first.Await(ClusterEvent::BROKER_UNFENCED));
  CreateTopic(client, "orders", 1, 1);
  EXPECT_TRUE(first.Await(ClusterEvent::TOPIC_CREATED));

  EventStream second(cluster, follow);
  EXPECT_TRUE(second.Await(ClusterEvent::TOPIC_CREATED));
  EventStream third(cluster, {});
  EXPECT_EQ(third.End().error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
}

TEST(EventsTest, AStrangersClusterIsRefused) {
  Cluster cluster({.controllers = 1});
  cluster.Start();
  ListEventsRequest request;
  request.set_cluster_id("b3RoZXItY2x1c3Rlci1pZA");
  EventStream stream(cluster, request);
  EXPECT_EQ(client::ErrorFromStatus(stream.End()).code(), common::v1::INCONSISTENT_CLUSTER_ID);
  const RunResult result = Events(cluster, {"--since=tomorrow"});
  EXPECT_EQ(result.status.code, 2);
  EXPECT_THAT(result.errors, HasSubstr("'tomorrow'"));
}

}  // namespace
}  // namespace quorate::testing
