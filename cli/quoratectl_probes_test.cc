// Tests of commands that wait, measure or call single processes, run like scripts run them.
#include <gmock/gmock.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/testing/run_quoratectl.h"
#include "client/testing/fake_admin_service.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"

namespace quorate::cli {
namespace {

using client::ErrorStatus;
using client::FakeAdminService;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

grpc::Status Ok(int /*call*/) { return grpc::Status::OK; }

TEST(QuoratectlTest, WaitTellsWhatIsMissingAndSucceedsOnceNothingIs) {
  FakeAdminService service(Ok);
  service.describe_cluster.add_brokers()->set_broker_id(1);
  auto* fenced = service.describe_cluster.add_brokers();
  fenced->set_broker_id(2);
  fenced->set_fenced(true);
  const std::string endpoint = service.endpoint().ToString();
  const Result missing = Quoratectl(
      {"cluster", "wait", "--ready", "--brokers", "2", "--timeout", "2s", "--bootstrap", endpoint});
  EXPECT_EQ(missing.exit_code, 3);
  EXPECT_THAT(missing.err, AllOf(HasSubstr("waiting for " + endpoint +
                                           ": not ready; brokers: 1 of 2 running and unfenced\n"),
                                 HasSubstr("timed out after 2.0 s; missing:\n")));

  service.SetReady(true);
  const Result ready =
      Quoratectl({"cluster", "wait", "--ready", "--brokers", "1", "--bootstrap", endpoint});
  EXPECT_EQ(ready.exit_code, 0) << ready.err;
  EXPECT_THAT(ready.out, HasSubstr("Ready after "));
}

TEST(QuoratectlTest, BrokersViewGoesOnAfterABrokerThatDoesNotAnswer) {
  const quorate::testing::LoopbackSocket dead;
  const Result result =
      Quoratectl({"brokers", "view", "--output", "json", "--bootstrap", Endpoint(dead)});
  EXPECT_EQ(result.exit_code, 3);
  const auto brokers = nlohmann::json::parse(result.out)["brokers"];
  ASSERT_EQ(brokers.size(), 1u);
  EXPECT_EQ(brokers[0]["broker"], nullptr);
  EXPECT_THAT(brokers[0]["error"]["message"], HasSubstr("Connection refused"));
}

// A broker with one topic in its image.
class FakeBroker final : public broker::v1::BrokerViewService::Service {
 public:
  FakeBroker() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
  }

  std::string endpoint() const { return absl::StrFormat("127.0.0.1:%d", port_); }

 private:
  grpc::Status DescribeBroker(grpc::ServerContext* /*context*/,
                              const broker::v1::DescribeBrokerRequest* /*request*/,
                              broker::v1::DescribeBrokerResponse* response) override {
    response->set_broker_id(7);
    return grpc::Status::OK;
  }

  grpc::Status ListRoles(grpc::ServerContext* /*context*/,
                         const broker::v1::ListRolesRequest* /*request*/,
                         broker::v1::ListRolesResponse* /*response*/) override {
    return grpc::Status::OK;
  }

  grpc::Status DescribeTopics(grpc::ServerContext* /*context*/,
                              const broker::v1::DescribeTopicsRequest* /*request*/,
                              broker::v1::DescribeTopicsResponse* response) override {
    response->add_topics()->set_name("orders");
    return grpc::Status::OK;
  }

  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST(QuoratectlTest, BrokersViewShowsTheTopicsOfTheBrokersImage) {
  FakeBroker broker;
  const std::vector<std::string> view = {"brokers",         "view",     "--bootstrap",
                                         broker.endpoint(), "--output", "json"};
  const Result without = Quoratectl(view);
  EXPECT_EQ(without.exit_code, 0) << without.err;
  const auto entry = nlohmann::json::parse(without.out)["brokers"][0];
  EXPECT_EQ(entry["broker"]["broker_id"], 7);
  EXPECT_EQ(entry["topics"], nullptr);

  std::vector<std::string> with_topics = view;
  with_topics.push_back("--topics");
  const Result with = Quoratectl(with_topics);
  EXPECT_EQ(with.exit_code, 0) << with.err;
  EXPECT_EQ(nlohmann::json::parse(with.out)["brokers"][0]["topics"][0]["name"], "orders");
}

TEST(QuoratectlTest, HealthCheckTellsWhatEachEndpointAnswers) {
  FakeAdminService service(Ok);
  const quorate::testing::LoopbackSocket dead;
  const std::string alive = service.endpoint().ToString();
  const std::string both = alive + "," + Endpoint(dead);

  const Result serving = Quoratectl({"health", "check", "--bootstrap", alive});
  EXPECT_EQ(serving.exit_code, 0);
  EXPECT_EQ(serving.out, alive + "  serving\n");
  EXPECT_THAT(serving.err, IsEmpty());

  const Result starting = Quoratectl({"health", "check", "quorate.ready", "--bootstrap", alive});
  EXPECT_EQ(starting.exit_code, 1);
  EXPECT_EQ(starting.out, alive + "  not serving\n");

  const Result unknown = Quoratectl({"health", "check", "quorate.bogus", "--bootstrap", alive});
  EXPECT_EQ(unknown.exit_code, 1);
  EXPECT_EQ(unknown.out, alive + "  has no service 'quorate.bogus'\n");

  service.SetReady(true);
  const Result ready = Quoratectl({"health", "check", "quorate.ready", "--bootstrap", alive});
  EXPECT_EQ(ready.exit_code, 0);

  const Result half = Quoratectl({"health", "check", "--bootstrap", both});
  EXPECT_EQ(half.exit_code, 3);
  EXPECT_THAT(half.out, AllOf(HasSubstr(alive + "  "), HasSubstr("  serving\n"),
                              HasSubstr("  unreachable: cannot connect: Connection refused\n")));

  const Result json = Quoratectl({"health", "check", "--bootstrap", both, "--output", "json"});
  EXPECT_EQ(json.exit_code, 3);
  const auto endpoints = nlohmann::json::parse(json.out)["endpoints"];
  ASSERT_EQ(endpoints.size(), 2u);
  EXPECT_EQ(endpoints[0]["endpoint"], alive);
  EXPECT_EQ(endpoints[0]["status"], "SERVING");
  EXPECT_EQ(endpoints[1]["status"], "UNREACHABLE");
}

TEST(QuoratectlTest, WaitsForVotersThatAreOutOfContactOrBehind) {
  FakeAdminService service(Ok);
  auto& quorum = service.describe_quorum;
  quorum.set_leader_id(1);
  quorum.set_from_leader(true);
  quorum.add_voters()->set_node_id(1);
  quorum.add_voters()->set_node_id(2);
  quorum.mutable_voters(1)->set_lag(20);
  const std::string endpoint = service.endpoint().ToString();
  const Result behind = Quoratectl(
      {"cluster", "wait", "--max-lag", "19", "--timeout", "1s", "--bootstrap", endpoint});
  EXPECT_EQ(behind.exit_code, 3);
  EXPECT_THAT(behind.err, HasSubstr("waiting for voter 2: more than 19 offsets behind"));

  const Result close = Quoratectl({"cluster", "wait", "--max-lag", "20", "--bootstrap", endpoint});
  EXPECT_EQ(close.exit_code, 0) << close.err;
}

// Lets every other call fail like in a failover.
grpc::Status EveryOther(int call) {
  return call % 2 == 1 ? grpc::Status::OK
                       : ErrorStatus(common::v1::CONTROLLER_NOT_AVAILABLE, common::v1::UNKNOWN,
                                     "leadership was lost");
}

TEST(QuoratectlTest, TheWriteProbeSurvivesAFailoverAndLeavesNothing) {
  const quorate::testing::LoopbackSocket dead;
  FakeAdminService service(EveryOther);
  // Standard input is empty, so the command makes the minimum number of writes.
  const Result result = Quoratectl({"check", "write-gap", "--until-eof", "--bootstrap",
                                    Endpoint(dead) + "," + service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out,
              AllOf(StartsWith("Acknowledged writes: 2 in "), HasSubstr("\nWrite latency: median "),
                    HasSubstr("\nWidest write gap: ")));
  const auto changes = service.changes();
  ASSERT_EQ(changes.size(), 4u);
  EXPECT_THAT(changes[0], StartsWith("create quorate-write-probe-"));
  EXPECT_EQ(changes[1], changes[0]);
  EXPECT_EQ(changes[2], "delete " + changes[0].substr(7));
  EXPECT_EQ(changes[3], changes[2]);
  const auto ids = service.request_ids();
  EXPECT_EQ(ids[0].sequence(), ids[1].sequence());
  EXPECT_NE(ids[1].sequence(), ids[2].sequence());
  EXPECT_EQ(ids[2].sequence(), ids[3].sequence());
}

TEST(QuoratectlTest, TheWriteProbeCountsWhatItWroteInItsDuration) {
  FakeAdminService service(Ok);
  const Result result = Quoratectl({"check", "write-gap", "--duration", "50ms", "--output", "json",
                                    "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const auto report = nlohmann::json::parse(result.out);
  EXPECT_EQ(report["acknowledged_writes"], service.call_count());
  EXPECT_GE(report["elapsed_ms"], 50);
  EXPECT_GT(report["widest_gap_ms"], 0.0);
  EXPECT_LE(report["median_latency_ms"], report["p99_latency_ms"]);
  EXPECT_THAT(service.changes().back(), StartsWith("delete "));
}

TEST(QuoratectlTest, TheWriteProbeReportsWhenItIsInterrupted) {
  FakeAdminService service(Ok);
  const std::string script = absl::StrFormat(
      "set -e\n"
      "cd \"$(mktemp -d)\"; trap 'rm -r \"$PWD\"' EXIT; mkfifo input\n"
      "'%s' check write-gap --until-eof --bootstrap %s <input 2>told & probe=$!\n"
      "exec 3>input\n"
      "until grep -q Writing told; do sleep 0.01; done\n"
      "kill -TERM $probe; wait $probe\n",
      QuoratectlProgram(), service.endpoint().ToString());
  const Result result = RunProgram({"/bin/bash", "-c", script});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("Widest write gap: "));
  EXPECT_THAT(service.changes().back(), StartsWith("delete "));
}

TEST(QuoratectlTest, TheWriteProbeSaysThatItNeedsABroker) {
  FakeAdminService service(Ok);
  auto* error = service.create_topics.add_results()->mutable_error();
  error->set_code(common::v1::INVALID_REPLICATION_FACTOR);
  error->set_outcome(common::v1::REFUSED);
  error->set_message("no broker is registered");
  const Result result =
      Quoratectl({"check", "write-gap", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("no broker can hold its replica: no broker is registered\n"));
  EXPECT_THAT(result.err, Not(HasSubstr("may still exist")));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST(QuoratectlTest, TheWriteProbeTellsWhatItMayHaveLeft) {
  FakeAdminService service([](int call) {
    return call == 0 ? grpc::Status::OK
                     : ErrorStatus(common::v1::POLICY_VIOLATION, common::v1::REFUSED, "not now");
  });
  const Result result = Quoratectl({"check", "write-gap", "--attempt-timeout", "60s", "--timeout",
                                    "60s", "--bootstrap", service.endpoint().ToString()});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.err, HasSubstr("quoratectl topics delete quorate-write-probe-"));
  EXPECT_THAT(result.out, IsEmpty());
}

}  // namespace
}  // namespace quorate::cli
