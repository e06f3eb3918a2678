#include "controller/broker_requests.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "controller/testing/controller_fixture.h"
#include "controller/testing/supported_versions.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using std::chrono::seconds;

class BrokerRequestsTest : public ControllerFixture {};

TEST_F(BrokerRequestsTest, ReportedRolesAreCountedFromACompleteReportOn) {
  admin::v1::CreateTopicsRequest create;
  create.add_topics()->set_name("orders");
  create.mutable_topics(0)->set_partition_count(2);
  ASSERT_TRUE(cluster_.Create(create).ok());
  const Uuid topic_id = cluster_.ImageOf(1).FindTopicByName("orders")->id();
  const auto report = [&](bool complete, int32_t partition, broker::v1::Role role) {
    broker::v1::ReportRolesRequest request;
    request.set_broker_id(1);
    request.set_broker_epoch(cluster_.broker(1).epoch);
    request.set_complete(complete);
    auto* of_partition = request.add_roles();
    of_partition->set_topic_id(std::string(topic_id.bytes()));
    of_partition->set_partition(partition);
    of_partition->set_role(role);
    Pending<broker::v1::ReportRolesResponse> reply;
    cluster_.active().ReportRoles(request, {}, reply.reply());
    cluster_.Run();
    EXPECT_TRUE(reply.ok());
    Pending<admin::v1::DescribeClusterResponse> described;
    cluster_.active().DescribeCluster(described.reply());
    cluster_.Run();
    return described.value().brokers(0).reported_leader_count();
  };
  EXPECT_EQ(report(false, 0, broker::v1::ROLE_LEADER), -1);
  EXPECT_EQ(report(true, 0, broker::v1::ROLE_LEADER), 1);
  EXPECT_EQ(report(false, 1, broker::v1::ROLE_LEADER), 2);
  EXPECT_EQ(report(false, 0, broker::v1::ROLE_FOLLOWER), 1);
}

TEST_F(BrokerRequestsTest, ARegistrationThatIsRefusedDialsNobody) {
  const auto dialled = cluster_.prober().dialled();
  broker::v1::RegisterBrokerRequest request;
  request.set_cluster_id(ControllerCluster::kClusterId);
  request.set_broker_id(9);
  request.set_incarnation_id(std::string(metadata::TestUuid(9).bytes()));
  request.set_advertised_endpoint("victim:22");
  AddSupportedFeatures(&request);
  const auto error_code = [&](const broker::v1::RegisterBrokerRequest& wrong) {
    Pending<broker::v1::RegisterBrokerResponse> pending;
    cluster_.active().RegisterBroker(wrong, {.principal = "stranger"}, pending.reply());
    cluster_.Run();
    return pending.error().code();
  };
  auto wrong = request;
  wrong.set_cluster_id("another");
  EXPECT_EQ(error_code(wrong), common::v1::INCONSISTENT_CLUSTER_ID);
  wrong = request;
  wrong.set_rack(std::string(256, 'r'));
  EXPECT_EQ(error_code(wrong), common::v1::INVALID_REGISTRATION);
  wrong = request;
  wrong.set_broker_id(-1);
  EXPECT_EQ(error_code(wrong), common::v1::INVALID_REGISTRATION);
  wrong = request;
  wrong.set_broker_id(1);  // held by a process that has a stream
  EXPECT_EQ(error_code(wrong), common::v1::DUPLICATE_BROKER_REGISTRATION);
  EXPECT_EQ(cluster_.prober().dialled(), dialled);
}

TEST_F(BrokerRequestsTest, TheRegistrationsThatDialAreBounded) {
  cluster_.prober().Swallow("victim:22");
  const size_t before = cluster_.prober().dialled().size();
  int refused = 0;
  std::vector<Pending<broker::v1::RegisterBrokerResponse>> answers(1'000);
  for (int32_t i = 0; i < 1'000; ++i) {
    broker::v1::RegisterBrokerRequest request;
    request.set_cluster_id(ControllerCluster::kClusterId);
    request.set_broker_id(1'000 + i);
    request.set_incarnation_id(std::string(metadata::TestUuid(9).bytes()));
    request.set_advertised_endpoint("victim:22");
    AddSupportedFeatures(&request);
    auto& answer = answers[static_cast<size_t>(i)];
    cluster_.active().RegisterBroker(request, {.principal = "stranger"}, answer.reply());
    cluster_.Run();
    if (answer.done() && answer.error().code() == common::v1::RESOURCE_EXHAUSTED) ++refused;
  }
  EXPECT_EQ(refused, 872);
  EXPECT_EQ(cluster_.prober().dialled().size() - before, 128u);
  cluster_.Advance(seconds(2));
  for (int i = 0; i < 128; ++i) EXPECT_TRUE(answers[static_cast<size_t>(i)].ok()) << i;
}

}  // namespace
}  // namespace quorate::controller
