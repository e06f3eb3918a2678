#include "controller/remembered_requests.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <string>

#include "controller/testing/controller_fixture.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using admin::v1::CreateTopicsRequest;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

class RememberedRequestsTest : public ControllerFixture {
 protected:
  static CreateTopicsRequest WithId(const std::string& name, int64_t sequence) {
    CreateTopicsRequest request;
    request.add_topics()->set_name(name);
    request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
    request.mutable_request_id()->set_sequence(sequence);
    return request;
  }
};

TEST_F(RememberedRequestsTest, ARetriedRequestIdGetsTheFirstAnswerAfterAFailover) {
  HoldCommits();
  const auto first = cluster_.Create(WithId("orders", 1));
  cluster_.Elect(2, /*kept=*/1);
  ASSERT_EQ(first.error().outcome(), common::v1::UNKNOWN);
  const auto retry = cluster_.Create(WithId("orders", 1));
  ASSERT_TRUE(retry.ok());
  EXPECT_FALSE(retry.value().results(0).has_error());
  EXPECT_EQ(retry.value().results(0).topic_id(),
            cluster_.ImageOf(2).FindTopicByName("orders")->id().ToString());
}

TEST_F(RememberedRequestsTest, ARetryBeforeTheFirstAttemptIsCommittedWaitsForIt) {
  HoldCommits();
  const auto first = cluster_.Create(WithId("orders", 1));
  const auto retry = cluster_.Create(WithId("orders", 1));
  EXPECT_EQ(cluster_.quorum().uncommitted_count(), 1u);
  EXPECT_FALSE(retry.done());
  cluster_.Commit();
  EXPECT_EQ(retry.value().results(0).topic_id(), first.value().results(0).topic_id());
}

TEST_F(RememberedRequestsTest, ARetryThatLosesItsControllerIsUnknownToo) {
  HoldCommits();
  cluster_.Create(WithId("orders", 1));
  const auto retry = cluster_.Create(WithId("orders", 1));
  cluster_.Elect(2);
  EXPECT_EQ(retry.error().outcome(), common::v1::UNKNOWN);
}

TEST_F(RememberedRequestsTest, OneIdIsForOneRequest) {
  cluster_.Create(WithId("orders", 1));
  const auto other = cluster_.Create(WithId("payments", 1));
  EXPECT_EQ(other.error().code(), common::v1::INVALID_REQUEST);
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("payments"), nullptr);

  admin::v1::DeleteTopicsRequest deletion;
  *deletion.mutable_request_id() = WithId("", 1).request_id();
  deletion.add_topics()->set_name("orders");
  Pending<admin::v1::DeleteTopicsResponse> pending;
  cluster_.active().Execute(kDeleteTopics, deletion, {.principal = "tester"}, pending.reply());
  cluster_.Run();
  EXPECT_THAT(pending.error().message(), HasSubstr("CreateTopics"));
}

TEST_F(RememberedRequestsTest, ARefusalUsesUpItsId) {
  const auto first = cluster_.Create(WithId("b a d", 1));
  EXPECT_TRUE(first.value().results(0).has_error());
  const auto retry = cluster_.Create(WithId("b a d", 1));
  EXPECT_EQ(retry.value().results(0).ShortDebugString(),
            first.value().results(0).ShortDebugString());
  EXPECT_EQ(cluster_.Create(WithId("good", 1)).error().code(), common::v1::INVALID_REQUEST);
}

TEST(RememberedLimitTest, EntriesThatOnlyRememberAnAnswerAreLimited) {
  ControllerCluster cluster(2);
  cluster.Elect(1);
  cluster.quorum().CommitAtOnce(true);
  CreateTopicsRequest request;
  request.add_topics()->set_name("b a d");
  request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
  const auto next = [&] {
    request.mutable_request_id()->set_sequence(request.request_id().sequence() + 1);
    return cluster.Create(request);
  };
  int64_t remembered = 0;
  auto answer = next();
  for (; answer.ok(); answer = next()) ++remembered;
  EXPECT_EQ(remembered, 10'000);
  EXPECT_EQ(answer.error().code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_EQ(answer.error().outcome(), common::v1::REFUSED);
  EXPECT_GT(answer.error().retry_after_ms(), 0);
  // A stored answer needs no further entry.
  request.mutable_request_id()->set_sequence(1);
  EXPECT_TRUE(cluster.Create(request).ok());
  cluster.Advance(milliseconds(answer.error().retry_after_ms()));
  request.mutable_request_id()->set_sequence(remembered + 1);
  EXPECT_TRUE(cluster.Create(request).ok());
}

TEST_F(RememberedRequestsTest, MalformedRequestIdsAreRefused) {
  auto request = WithId("t", 0);
  EXPECT_EQ(cluster_.Create(request).error().code(), common::v1::INVALID_REQUEST);
  request.mutable_request_id()->set_sequence(1);
  request.mutable_request_id()->set_client_uuid("short");
  EXPECT_EQ(cluster_.Create(request).error().code(), common::v1::INVALID_REQUEST);
}

}  // namespace
}  // namespace quorate::controller
