// The audit log of real controllers: every request for a change is in it, with its outcome, and
// survives the death of the process.
#include <gmock/gmock.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/host_port.h"
#include "client/channel.h"
#include "client/probes.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "tests/harness/cluster.h"
#include "tests/harness/http.h"

namespace quorate::testing {
namespace {

namespace fs = std::filesystem;

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

RunResult Audit(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), {QuoratectlProgram(), "audit"});
  return Run(arguments);
}

// Returns the records that `quoratectl audit` prints with these arguments, the oldest first.
std::vector<Json> Records(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--output", "json", "--limit", "100000"});
  const RunResult result = Audit(arguments);
  EXPECT_EQ(result.status.code, 0) << result.errors;
  EXPECT_EQ(result.errors, "");
  return Json::parse(result.output)["records"];
}

// Returns a line about each record, as far as it is the same in each run.
std::vector<std::string> Lines(const std::vector<Json>& records) {
  std::vector<std::string> lines;
  for (const Json& record : records) {
    const std::string method = record["method"];
    lines.push_back(method.substr(method.rfind('/') + 1) + " " +
                    record["resource"].get<std::string>() + " " +
                    record["outcome"].get<std::string>());
  }
  return lines;
}

std::string Read(const fs::path& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

class AuditLogTest : public ::testing::Test {
 protected:
  void Start(ClusterOptions options) {
    cluster_.emplace(std::move(options));
    cluster_->Start();
  }

  // Returns the records of requests by the test, not those of the brokers.
  std::vector<Json> OwnRecords(std::vector<std::string> arguments = {}) {
    arguments.insert(arguments.end(), {"--bootstrap", cluster_->Bootstrap()});
    std::vector<Json> own;
    for (Json& record : Records(arguments)) {
      if (record["method"].get<std::string>().find("BrokerService") == std::string::npos) {
        own.push_back(std::move(record));
      }
    }
    return own;
  }

  fs::path AuditDirectory(int node) const {
    return fs::path(cluster_->ControllerDirectory(node)) / "audit";
  }

  // Returns the newest file of the audit log of a controller.
  fs::path NewestFile(int node) const {
    fs::path newest;
    for (const auto& entry : fs::directory_iterator(AuditDirectory(node))) {
      newest = std::max(newest, entry.path());
    }
    return newest;
  }

  // Sends `request` to a controller, whatever it is, and returns how the call ended.
  grpc::Status Send(int node, const std::string& method, const std::string& request) const {
    const auto endpoint = ParseHostPort(cluster_->ControllerEndpoint(node));
    grpc::GenericStub stub(client::MakeChannel(*endpoint));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    const grpc::Slice slice(request);
    const grpc::ByteBuffer bytes(&slice, 1);
    grpc::ByteBuffer response;
    grpc::CompletionQueue queue;
    auto call = stub.PrepareUnaryCall(&context, method, bytes, &queue);
    call->StartCall();
    grpc::Status status;
    call->Finish(&response, &status, nullptr);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    return status;
  }

  std::optional<Cluster> cluster_;
};

TEST_F(AuditLogTest, RequestsOfEveryKindThroughAFollowerAreThereAfterARestart) {
  Start({.controllers = 3, .observers = 1, .brokers = 1});
  cluster_->StartController(4);
  cluster_->AwaitReady({4});
  const int active = cluster_->AwaitActive();
  const int follower = cluster_->Others(active).front();
  client::AdminClient client = cluster_->Client({follower});

  const auto created = CreateTopic(client, "orders", 1, 1);
  auto again = NewTopicRequest("orders", 1, 1);
  *again.add_topics() = NewTopicRequest("payments", 1, 1).topics(0);
  const auto partly = Must(client.CreateTopics(again));
  admin::v1::IncrementalAlterConfigsRequest alter;
  auto* changes = alter.add_resources();
  changes->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  changes->mutable_resource()->set_name("orders");
  changes->add_changes()->set_key("retention.ms");
  changes->mutable_changes(0)->set_operation(admin::v1::ConfigChange::SET);
  changes->mutable_changes(0)->set_value("s3cret-value");
  Must(client.IncrementalAlterConfigs(alter));
  admin::v1::DeleteTopicsRequest remove;
  remove.add_topics()->set_name("orders");
  const auto deleted = Must(client.DeleteTopics(remove));
  const auto quorum = Must(client.DescribeQuorum({}));
  admin::v1::AddVoterRequest add;
  add.set_node_id(4);
  add.set_directory_id("not-a-directory-id");
  EXPECT_TRUE(std::holds_alternative<client::CallFailure>(client.AddVoter(add)));
  ASSERT_EQ(quorum.observers_size(), 1);
  add.set_directory_id(quorum.observers(0).directory_id());
  Must(client.AddVoter(add));
  const auto endpoint = ParseHostPort(cluster_->ControllerEndpoint(follower));
  client::SetLogLevel(*endpoint, "", kPatience);
  client::SetLogLevel(*endpoint, "loud", kPatience);
  client::SetLogLevel(*endpoint, "info", kPatience);

  for (const int node : {1, 2, 3, 4}) {
    cluster_->controller(node).Signal(SIGTERM);
    ASSERT_TRUE(cluster_->controller(node).Wait(kPatience));
  }
  for (const int node : {1, 2, 3, 4}) cluster_->StartController(node);
  cluster_->AwaitReady();

  const std::vector<Json> records = OwnRecords();
  EXPECT_THAT(
      Lines(records),
      ElementsAre("CreateTopics topic:orders OK",
                  "CreateTopics topics:2 (orders, payments) TOPIC_ALREADY_EXISTS",
                  "IncrementalAlterConfigs config:topic/orders(retention.ms) INVALID_CONFIG",
                  "DeleteTopics topic:orders OK", "AddVoter voter:4 INVALID_REQUEST",
                  "AddVoter voter:4 OK", "SetLogLevel log-level:loud INVALID_REQUEST",
                  "SetLogLevel log-level:info OK"));
  ASSERT_EQ(records.size(), 8U);
  for (const Json& record : records) {
    EXPECT_EQ(record["controller"], follower) << "the controller that the client called";
    EXPECT_EQ(record["principal"], "User:ANONYMOUS");
    EXPECT_THAT(record["caller"], ::testing::StartsWith("127.0.0.1:"));
  }
  EXPECT_EQ(records[0]["end_offset"], created.end_offset());
  EXPECT_EQ(records[1]["end_offset"], partly.end_offset());
  EXPECT_EQ(records[1]["items"], 2);
  EXPECT_EQ(records[1]["refused_items"], 1);
  EXPECT_EQ(records[3]["end_offset"], deleted.end_offset());
  EXPECT_EQ(records[5]["end_offset"], 0);
  for (const int node : {1, 2, 3, 4}) {
    EXPECT_THAT(Read(NewestFile(node)), Not(HasSubstr("s3cret"))) << "values are never recorded";
  }

  EXPECT_THAT(Lines(OwnRecords({"--method", "DeleteTopics", "--resource", "orders"})),
              ElementsAre("DeleteTopics topic:orders OK"));
  EXPECT_EQ(OwnRecords({"--refused"}).size(), 4U);
  EXPECT_THAT(OwnRecords({"--principal", "User:alice"}), IsEmpty());
  EXPECT_EQ(OwnRecords({"--since", "24h"}).size(), 8U);
  // The broker is recorded too, and its heartbeats are not.
  const auto registrations = Records({"--bootstrap", cluster_->Bootstrap(), "--method",
                                      "RegisterBroker", "--resource", "broker:1"});
  EXPECT_THAT(registrations, Not(IsEmpty()));
  EXPECT_THAT(Records({"--bootstrap", cluster_->Bootstrap(), "--method", "Heartbeat"}), IsEmpty());
}

TEST_F(AuditLogTest, CallsThatAreRefusedBeforeTheyAreParsedAreThere) {
  Start({.controllers = 1});
  EXPECT_FALSE(Send(1, "/quorate.admin.v1.AdminService/DeleteTopics", "\xff\xff garbage").ok());
  EXPECT_FALSE(Send(1, "/quorate.admin.v1.AdminService/ListTopics", "\xff\xff garbage").ok());
  broker::v1::RegisterBrokerRequest registration;
  registration.set_cluster_id("AAAAAAAAAAAAAAAAAAAAAQ");
  registration.set_broker_id(3);
  registration.set_incarnation_id(std::string(16, 'i'));
  registration.set_advertised_endpoint("127.0.0.1:1");
  EXPECT_FALSE(
      Send(1, "/quorate.broker.v1.BrokerService/RegisterBroker", registration.SerializeAsString())
          .ok());
  EXPECT_THAT(Lines(Records({"--bootstrap", cluster_->Bootstrap()})),
              ElementsAre("DeleteTopics  INVALID_REQUEST",
                          "RegisterBroker broker:3 INCONSISTENT_CLUSTER_ID"));
}

TEST_F(AuditLogTest, KilledControllersKeepWhatWasWritten) {
  Start({.controllers = 1, .brokers = 1});
  client::AdminClient client = cluster_->Client();
  CreateTopic(client, "orders", 1, 1);
  const std::vector<Json> before = OwnRecords();
  EXPECT_THAT(Lines(before), ElementsAre("CreateTopics topic:orders OK"));
  cluster_->controller(1).Kill();
  EXPECT_EQ(Records({"--data-dir", cluster_->ControllerDirectory(1), "--method", "CreateTopics"}),
            before);

  // The process died while it wrote a line.
  std::ofstream(NewestFile(1), std::ios::app) << R"({"v":1,"time_ms":17000)";
  cluster_->StartController(1);
  cluster_->AwaitReady();
  CreateTopic(client, "payments", 1, 1);
  EXPECT_THAT(Lines(OwnRecords()),
              ElementsAre("CreateTopics topic:orders OK", "CreateTopics topic:payments OK"));
}

TEST_F(AuditLogTest, ManyRefusedRequestsShareRecords) {
  constexpr int kRequests = 300;
  Start({.controllers = 1, .brokers = 1});
  client::AdminClient client = cluster_->Client();
  CreateTopic(client, "orders", 1, 1);
  for (int i = 0; i < kRequests; ++i) Must(client.CreateTopics(NewTopicRequest("orders", 1, 1)));
  size_t records = 0;
  EXPECT_TRUE(WaitFor([&] {
    int counted = 0;
    const std::vector<Json> refused = OwnRecords({"--refused"});
    for (const Json& record : refused) {
      // On a busy machine, the client may give up an attempt, which has no outcome, and repeat it.
      if (record["outcome"] == "TOPIC_ALREADY_EXISTS") counted += record["count"].get<int>();
    }
    records = refused.size();
    return counted == kRequests;
  }));
  EXPECT_LT(records, static_cast<size_t>(kRequests));
  EXPECT_EQ(OwnRecords({"--resource", "orders"}).front()["outcome"], "OK");
}

TEST_F(AuditLogTest, AnAuditLogThatCannotBeWrittenDelaysNothing) {
  Start({.controllers = 1, .brokers = 1});
  cluster_->controller(1).Kill();
  fs::remove_all(AuditDirectory(1));
  std::ofstream(AuditDirectory(1)) << "a file in place of the directory";
  cluster_->StartController(1);
  cluster_->AwaitReady();
  client::AdminClient client = cluster_->Client();
  CreateTopic(client, "orders", 1, 1);
  const auto endpoint = ParseHostPort(cluster_->ControllerEndpoint(1));
  const auto dropped = [&] {
    const auto page = client::GetMetrics(*endpoint, kPatience);
    return ParseMetrics(std::get<std::string>(page))["quorate_audit_dropped_records_total"];
  };
  EXPECT_TRUE(WaitFor([&] { return dropped() >= 1; }));
  EXPECT_THAT(cluster_->controller(1).Log(),
              HasSubstr("the audit log cannot be written, and has lost"));

  fs::remove(AuditDirectory(1));
  EXPECT_TRUE(WaitFor([&] { return fs::is_directory(AuditDirectory(1)); }));
  CreateTopic(client, "payments", 1, 1);
  const auto records = Records({"--bootstrap", cluster_->Bootstrap()});
  ASSERT_THAT(records, Not(IsEmpty()));
  EXPECT_THAT(records.front()["lost"], Ge(1));
  EXPECT_THAT(Lines(records), ::testing::Contains("CreateTopics topic:payments OK"));
}

TEST_F(AuditLogTest, OldFilesAreRemoved) {
  Start({.controllers = 1,
         .brokers = 1,
         .controller_flags = {"--audit-files=2", "--audit-file-bytes=65536"}});
  client::AdminClient client = cluster_->Client();
  // A record takes about 300 bytes.
  for (int i = 0; i < 800; ++i) CreateTopic(client, "topic-" + std::to_string(i), 1, 1);
  const std::vector<Json> records = OwnRecords();
  EXPECT_THAT(Lines(records).back(), "CreateTopics topic:topic-799 OK");
  EXPECT_THAT(records.size(), AllOf(Ge(200U), ::testing::Le(700U)));
  const fs::directory_iterator files(AuditDirectory(1));
  EXPECT_EQ(std::distance(begin(files), end(files)), 2);
}

TEST_F(AuditLogTest, FollowPrintsNewRecordsUntilItIsInterrupted) {
  Start({.controllers = 1, .brokers = 1});
  client::AdminClient client = cluster_->Client();
  CreateTopic(client, "before", 1, 1);
  Process follow({QuoratectlProgram(), "audit", "--follow", "--bootstrap", cluster_->Bootstrap(),
                  "--method", "CreateTopics"},
                 cluster_->directory() + "/follow.log");
  EXPECT_TRUE(WaitFor([&] { return follow.Log().find("topic:before") != std::string::npos; }));
  CreateTopic(client, "after", 1, 1);
  EXPECT_TRUE(WaitFor([&] { return follow.Log().find("topic:after") != std::string::npos; }));
  follow.Signal(SIGINT);
  const auto status = follow.Wait(kPatience);
  ASSERT_TRUE(status);
  EXPECT_EQ(status->code, 0) << status->ToString();
  const std::vector<std::string> lines = absl::StrSplit(follow.Log(), '\n', absl::SkipEmpty());
  EXPECT_THAT(lines, ElementsAre(HasSubstr("RESOURCE"), HasSubstr("topic:before"),
                                 HasSubstr("topic:after")));
}

TEST_F(AuditLogTest, MissingLogsAreReported) {
  Start({.controllers = 3});
  cluster_->controller(1).Kill();
  cluster_->StartController(1, {"--audit-files=0"});
  cluster_->AwaitReady();
  const RunResult off = Audit({"--bootstrap", cluster_->Bootstrap()});
  EXPECT_EQ(off.status.code, 1);
  EXPECT_THAT(off.errors, HasSubstr("this controller keeps no audit log: start it with"));
  cluster_->controller(1).Kill();
  cluster_->StartController(1);
  cluster_->AwaitReady();
  const RunResult one = Audit({"--bootstrap", cluster_->ControllerEndpoint(1)});
  EXPECT_EQ(one.status.code, 0);
  EXPECT_THAT(one.errors, AllOf(HasSubstr("the records of controller 2 are missing"),
                                HasSubstr("the records of controller 3 are missing")));
  cluster_->controller(1).Kill();
  const RunResult dead =
      Audit({"--bootstrap", cluster_->ControllerEndpoint(1), "--timeout", "500ms"});
  EXPECT_EQ(dead.status.code, 3);
  EXPECT_THAT(dead.errors, HasSubstr("its records are missing"));
  const RunResult nowhere = Audit({"--data-dir", cluster_->directory()});
  EXPECT_EQ(nowhere.status.code, 1);
  EXPECT_THAT(nowhere.errors, HasSubstr("is not the data directory of a controller"));
}

}  // namespace
}  // namespace quorate::testing
