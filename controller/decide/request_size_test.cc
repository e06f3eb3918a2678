#include "controller/decide/request_size.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "controller/decide/configs/config_decisions.h"
#include "controller/decide/partitions/partition_decisions.h"
#include "controller/decide/topics/topic_decisions.h"

namespace quorate::controller {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr RequestLimits kLimits = {.max_items = 10, .max_partitions = 100};

// Its message; empty: it is allowed.
template <typename Request>
std::string Refusal(const Request& request) {
  const auto error = CheckSize(request, kLimits);
  if (!error) return "";
  EXPECT_EQ(error->code(), common::v1::POLICY_VIOLATION);
  EXPECT_EQ(error->outcome(), common::v1::REFUSED);
  return error->message();
}

TEST(RequestSizeTest, TopicsAndTheirConfigsAreItems) {
  admin::v1::CreateTopicsRequest request;
  for (int i = 0; i < 5; ++i) request.add_topics()->add_configs();
  EXPECT_EQ(Refusal(request), "");
  request.mutable_topics(0)->add_configs();
  EXPECT_THAT(Refusal(request),
              AllOf(HasSubstr("11 topics and configs"), HasSubstr("at most 10: split it")));
}

TEST(RequestSizeTest, PartitionsCountWhetherAskedForOrListed) {
  admin::v1::CreateTopicsRequest request;
  request.add_topics()->set_partition_count(60);
  for (int i = 0; i < 40; ++i) {
    if (i == 0) request.add_topics();
    request.mutable_topics(1)->add_assignments();
  }
  EXPECT_EQ(Refusal(request), "");
  request.mutable_topics(1)->add_assignments();
  EXPECT_THAT(Refusal(request), HasSubstr("101 partitions; one request may have at most 100"));
}

TEST(RequestSizeTest, NegativeAndHugeCountsNeitherHideOthersNorOverflow) {
  admin::v1::CreateTopicsRequest request;
  request.add_topics()->set_partition_count(std::numeric_limits<int32_t>::min());
  request.add_topics()->set_partition_count(101);
  EXPECT_THAT(Refusal(request), HasSubstr("101 partitions"));
  for (auto& topic : *request.mutable_topics()) {
    topic.set_partition_count(std::numeric_limits<int32_t>::max());
  }
  EXPECT_THAT(Refusal(request), HasSubstr("4294967294 partitions"));
  // The decision refuses a topic with both; the two counts of one topic must not overflow before
  // it.
  request.mutable_topics(1)->add_assignments();
  EXPECT_THAT(Refusal(request), HasSubstr("4294967295 partitions"));
}

TEST(RequestSizeTest, TopicsThatGetPartitionsAreItems) {
  admin::v1::CreatePartitionsRequest request;
  for (int i = 0; i < 10; ++i) request.add_topics();
  EXPECT_EQ(Refusal(request), "");
  request.add_topics();
  EXPECT_THAT(Refusal(request), HasSubstr("11 topics"));
}

TEST(RequestSizeTest, DeletionsAreItems) {
  admin::v1::DeleteTopicsRequest request;
  for (int i = 0; i < 10; ++i) request.add_topics();
  EXPECT_EQ(Refusal(request), "");
  request.add_topics();
  EXPECT_THAT(Refusal(request), HasSubstr("11 topics"));
}

TEST(RequestSizeTest, ResourcesAndTheirChangesAreItems) {
  admin::v1::IncrementalAlterConfigsRequest request;
  for (int i = 0; i < 5; ++i) request.add_resources()->add_changes();
  EXPECT_EQ(Refusal(request), "");
  request.mutable_resources(4)->add_changes();
  EXPECT_THAT(Refusal(request), HasSubstr("11 resources and changes"));
}

TEST(RequestSizeTest, AlteredPartitionsCountOverAllTopics) {
  broker::v1::AlterPartitionRequest request;
  for (int topic = 0; topic < 10; ++topic) {
    request.add_topics();
    for (int i = 0; i < 10; ++i) request.mutable_topics(topic)->add_partitions();
  }
  EXPECT_EQ(Refusal(request), "");
  request.mutable_topics(3)->add_partitions();
  EXPECT_THAT(Refusal(request), HasSubstr("101 partitions"));
  request.add_topics();
  EXPECT_THAT(Refusal(request), HasSubstr("11 topics"));
}

}  // namespace
}  // namespace quorate::controller
