// Tests how many partitions a principal may create and delete, and what a request above that gets.
#include "controller/partition_quota.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "controller/testing/controller_cluster.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {
namespace {

using admin::v1::CreateTopicsRequest;
using admin::v1::CreateTopicsResponse;
using admin::v1::DeleteTopicsResponse;
using common::v1::THROTTLING_QUOTA_EXCEEDED;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(PartitionQuotaTest, APrincipalThatHasATokenPassesAndThenPaysItsDebt) {
  const MonoTime start(seconds(1'000));
  PartitionQuota quota(10);
  EXPECT_FALSE(quota.Check("alice", start));
  // A principal may save 100 tokens.
  quota.Spend("alice", start, 99);
  EXPECT_FALSE(quota.Check("alice", start));
  quota.Spend("alice", start, 500);
  const auto error = quota.Check("alice", start);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), THROTTLING_QUOTA_EXCEEDED);
  EXPECT_EQ(error->outcome(), common::v1::REFUSED);
  EXPECT_EQ(error->retry_after_ms(), 50'000);
  EXPECT_THAT(error->message(),
              AllOf(HasSubstr("alice"), HasSubstr("10 partitions a second"), HasSubstr("50000 ms"),
                    HasSubstr("--partition-mutations-per-second")));
  EXPECT_FALSE(quota.Check("bob", start));
  EXPECT_FALSE(quota.Check("alice", start + seconds(50)));
}

TEST(PartitionQuotaTest, WithoutALimitNobodyIsRefused) {
  const MonoTime start(seconds(1'000));
  PartitionQuota quota(0);
  quota.Spend("alice", start, 1'000'000'000);
  EXPECT_FALSE(quota.Check("alice", start));
}

// Three brokers, and a limit of 10 partitions a second, so 100 at once.
class ThrottledRequestsTest : public ::testing::Test {
 protected:
  ThrottledRequestsTest() {
    cluster_.Elect(1);
    cluster_.quorum().CommitAtOnce(true);
    for (int32_t id = 1; id <= 3; ++id) cluster_.BringUp(id);
  }

  static CreateTopicsRequest Topics(const std::vector<std::string>& names, int partitions) {
    CreateTopicsRequest request;
    for (const std::string& name : names) {
      auto* topic = request.add_topics();
      topic->set_name(name);
      topic->set_partition_count(partitions);
    }
    return request;
  }

  template <typename Request, typename Response>
  Response Ask(const Operation<Request, Response>& operation, const Request& request,
               const std::string& principal = "alice") {
    Pending<Response> pending;
    cluster_.active().Execute(operation, request, {.principal = principal}, pending.reply());
    cluster_.Run();
    CHECK(pending.ok()) << pending.error().ShortDebugString();
    return pending.value();
  }
  CreateTopicsResponse Create(const CreateTopicsRequest& request,
                              const std::string& principal = "alice") {
    return Ask(kCreateTopics, request, principal);
  }
  DeleteTopicsResponse Delete(const std::string& name) {
    admin::v1::DeleteTopicsRequest request;
    request.add_topics()->set_name(name);
    return Ask(kDeleteTopics, request);
  }
  static common::v1::ErrorCode CodeOf(const auto& response) {
    return response.results(0).error().code();
  }
  bool Exists(const std::string& name) {
    return cluster_.ImageOf(1).FindTopicByName(name) != nullptr;
  }
  uint64_t throttled() { return cluster_.active().admission_metrics().throttled.value(); }

  ControllerCluster cluster_{2, seconds(1), {}, /*partition_mutations_per_second=*/10};
};

TEST_F(ThrottledRequestsTest, PartitionsThatATopicGetsAreCounted) {
  Create(Topics({"t"}, 1));
  admin::v1::CreatePartitionsRequest more;
  more.add_topics()->set_name("t");
  more.mutable_topics(0)->set_partition_count(150);
  EXPECT_EQ(CodeOf(Ask(kCreatePartitions, more)), common::v1::ERROR_CODE_UNSPECIFIED);
  more.mutable_topics(0)->set_partition_count(151);
  EXPECT_EQ(CodeOf(Ask(kCreatePartitions, more)), common::v1::THROTTLING_QUOTA_EXCEEDED);
  EXPECT_EQ(cluster_.ImageOf(1).FindTopicByName("t")->partition_count(), 150);
}

TEST_F(ThrottledRequestsTest, EachTopicOfARequestAfterTheLastTokenIsRefusedForAWhile) {
  const auto first = Create(Topics({"a", "b"}, 75));
  EXPECT_FALSE(first.results(0).has_error());
  EXPECT_FALSE(first.results(1).has_error()) << "a request passes as a whole";

  const auto second = Create(Topics({"c", "d"}, 1));
  ASSERT_EQ(second.results_size(), 2);
  for (const auto& result : second.results()) {
    EXPECT_EQ(result.error().code(), THROTTLING_QUOTA_EXCEEDED);
    EXPECT_EQ(result.error().outcome(), common::v1::REFUSED);
    EXPECT_EQ(result.error().retry_after_ms(), 5'100);
  }
  EXPECT_EQ(second.results(1).name(), "d");
  EXPECT_FALSE(Exists("c"));
  EXPECT_EQ(throttled(), 1u);
  EXPECT_FALSE(Create(Topics({"e"}, 1), "bob").results(0).has_error());

  cluster_.Advance(milliseconds(5'100));
  EXPECT_FALSE(Create(Topics({"c"}, 1)).results(0).has_error());
}

TEST_F(ThrottledRequestsTest, DeletedPartitionsCountAndRefusedTopicsDoNot) {
  Create(Topics({"a"}, 80), "bob");
  EXPECT_EQ(CodeOf(Create(Topics({"a"}, 10'000))), common::v1::TOPIC_ALREADY_EXISTS);
  EXPECT_FALSE(Delete("a").results(0).has_error());
  EXPECT_FALSE(Create(Topics({"b"}, 20)).results(0).has_error());
  EXPECT_EQ(CodeOf(Delete("b")), THROTTLING_QUOTA_EXCEEDED) << "80 + 20";
}

TEST_F(ThrottledRequestsTest, ADryRunAndOtherChangesAreFree) {
  Create(Topics({"a"}, 140));
  ASSERT_EQ(CodeOf(Create(Topics({"b"}, 1))), THROTTLING_QUOTA_EXCEEDED);
  CreateTopicsRequest dry = Topics({"b"}, 1'000);
  dry.set_validate_only(true);
  EXPECT_FALSE(Create(dry).results(0).has_error());
  admin::v1::IncrementalAlterConfigsRequest alter;
  auto* resource = alter.add_resources();
  resource->mutable_resource()->set_type(admin::v1::ConfigResource::TOPIC);
  resource->mutable_resource()->set_name("a");
  auto* change = resource->add_changes();
  change->set_key("retention.ms");
  change->set_operation(admin::v1::ConfigChange::SET);
  change->set_value("1000");
  EXPECT_FALSE(Ask(kIncrementalAlterConfigs, alter).results(0).has_error());
  cluster_.Advance(milliseconds(4'100));
  EXPECT_FALSE(Create(Topics({"b"}, 1)).results(0).has_error()) << "the dry run was not charged";
}

TEST_F(ThrottledRequestsTest, ARetryOfAnAnsweredRequestIsNotRefusedAndNotCharged) {
  const auto with_id = [](CreateTopicsRequest request, int64_t sequence) {
    request.mutable_request_id()->set_client_uuid(std::string(metadata::TestUuid(1).bytes()));
    request.mutable_request_id()->set_sequence(sequence);
    return request;
  };
  const auto first = Create(with_id(Topics({"a"}, 150), 1));
  EXPECT_EQ(Create(with_id(Topics({"a"}, 150), 1)).results(0).topic_id(),
            first.results(0).topic_id());

  // A refusal does not use up the id.
  const CreateTopicsRequest refused = with_id(Topics({"b"}, 1), 2);
  const RecordOffset before = cluster_.ImageOf(1).end_offset();
  EXPECT_EQ(CodeOf(Create(refused)), THROTTLING_QUOTA_EXCEEDED);
  EXPECT_EQ(cluster_.ImageOf(1).end_offset(), before) << "nothing is appended";
  cluster_.Advance(milliseconds(5'100));
  const auto created = Create(refused);
  EXPECT_FALSE(created.results(0).has_error());
  EXPECT_EQ(Create(refused).results(0).topic_id(), created.results(0).topic_id());
}

TEST_F(ThrottledRequestsTest, ALargeRequestIsChargedToo) {
  CreateTopicsRequest large;
  for (int i = 0; i < 1'000; ++i) {
    auto* topic = large.add_topics();
    topic->set_name("large-" + std::to_string(i));
    topic->set_partition_count(3);
  }
  ASSERT_TRUE(IsLarge(large, cluster_.ImageOf(1)));
  EXPECT_FALSE(Create(large).results(999).has_error());
  const auto refused = Create(large);
  EXPECT_EQ(refused.results(999).error().code(), THROTTLING_QUOTA_EXCEEDED);
  EXPECT_EQ(refused.results(999).error().retry_after_ms(), 290'100);
  EXPECT_EQ(throttled(), 1u);
}

TEST_F(ThrottledRequestsTest, AnotherActiveControllerCountsAnew) {
  Create(Topics({"a"}, 200));
  ASSERT_EQ(CodeOf(Create(Topics({"b"}, 1))), THROTTLING_QUOTA_EXCEEDED);
  cluster_.Elect(2);
  EXPECT_FALSE(Create(Topics({"b"}, 1)).results(0).has_error());
}

}  // namespace
}  // namespace quorate::controller
