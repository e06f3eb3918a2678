// Limits on the rates of callers, with the real programs: who is refused, who is not, and how
// quoratectl goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/host_port.h"
#include "client/channel.h"
#include "client/probes.h"
#include "client/status_mapping.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "tests/harness/cluster.h"
#include "tests/harness/http.h"

namespace quorate::testing {
namespace {

using ::testing::AllOf;
using ::testing::Ge;
using ::testing::HasSubstr;

class RatesTest : public ::testing::Test {
 protected:
  RunResult Quoratectl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), QuoratectlProgram());
    arguments.push_back("--bootstrap=" + cluster_.Bootstrap());
    return quorate::testing::Run(arguments);
  }
  double Metric(const std::string& name) {
    const auto page = client::GetMetrics(*ParseHostPort(cluster_.ControllerEndpoint(1)), kPatience);
    return ParseMetrics(std::get<std::string>(page))[name];
  }

  // 40 partitions at once.
  Cluster cluster_{{.controllers = 1,
                    .brokers = 1,
                    .controller_flags = {"--principal-calls-per-second=50",
                                         "--partition-mutations-per-second=4"}}};
};

TEST_F(RatesTest, ACallerAboveItsRateIsRefusedAndBrokersAreNot) {
  cluster_.Start();
  admin::v1::AdminService::Stub stub(
      client::MakeChannel(*ParseHostPort(cluster_.ControllerEndpoint(1))));
  int refused = 0;
  // Bounded: a call takes less than a millisecond, and a second has 50 of them.
  for (int i = 0; i < 100'000 && refused < 20; ++i) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    admin::v1::ListTopicsResponse response;
    const grpc::Status status = stub.ListTopics(&context, {}, &response);
    if (status.ok()) continue;
    ++refused;
    const common::v1::Error error = client::ErrorFromStatus(status);
    ASSERT_EQ(error.code(), common::v1::RESOURCE_EXHAUSTED) << error.ShortDebugString();
    EXPECT_THAT(error.message(), HasSubstr("User:ANONYMOUS at 127.0.0.1 makes more than 50 calls"));
    EXPECT_GT(error.retry_after_ms(), 0);
  }
  EXPECT_EQ(refused, 20);
  EXPECT_THAT(Metric("quorate_calls_over_rate_total"), Ge(20));
  // A broker of the same host registers meanwhile, and quoratectl waits for its turn.
  cluster_.broker(1).Kill();
  cluster_.StartBroker(1);
  cluster_.AwaitUnfencedBrokers(1);
  EXPECT_EQ(Quoratectl({"topics", "list"}).status.code, 0);
}

TEST_F(RatesTest, QuoratectlSaysThatTheQuotaOfPartitionsIsUsedUp) {
  cluster_.Start();
  // A debt of 16 minutes.
  EXPECT_EQ(Quoratectl({"topics", "create", "large", "--partitions=4000"}).status.code, 0);
  for (const char* verb : {"create", "delete"}) {
    const RunResult result = Quoratectl({"topics", verb, "large", "--timeout=1s"});
    EXPECT_EQ(result.status.code, 1) << result.errors;
    EXPECT_THAT(result.errors,
                AllOf(HasSubstr("nothing was changed"), HasSubstr("THROTTLING_QUOTA_EXCEEDED"),
                      HasSubstr("User:ANONYMOUS has created and deleted more than 4 partitions"),
                      HasSubstr("raise --partition-mutations-per-second")));
  }
  EXPECT_THAT(Metric("quorate_refused_proposals_total{reason=\"partition_quota\"}"), Ge(2));
}

TEST_F(RatesTest, QuoratectlWaitsForTheQuotaOfPartitions) {
  cluster_.Start();
  // A debt of five seconds.
  EXPECT_EQ(Quoratectl({"topics", "create", "large", "--partitions=60"}).status.code, 0);
  const RunResult result = Quoratectl({"topics", "create", "small", "--timeout=60s"});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  EXPECT_THAT(result.output, HasSubstr("Created topic small"));
}

}  // namespace
}  // namespace quorate::testing
