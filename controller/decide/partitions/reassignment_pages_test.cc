#include "controller/decide/partitions/reassignment_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/partitions/alter_reassignments.h"
#include "controller/decide/topics/topic_walk.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::AlterPartitionReassignmentsRequest;
using admin::v1::ListPartitionReassignmentsRequest;
using admin::v1::ListPartitionReassignmentsResponse;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

// Topics with 100 partitions each, all on brokers 1 and 2.
class ReassignmentPagesTest : public ::testing::Test {
 protected:
  ReassignmentPagesTest() {
    cluster_.UpgradeTo(2);
    cluster_.StartBrokers(3);
    for (const std::string name : {"a", "b", "c"}) {
      cluster_.Create(name, std::vector<std::vector<int32_t>>(100, {1, 2}));
    }
  }

  // Broker 3 replaces broker 2 in these partitions.
  void Reassign(const std::string& topic, const std::vector<int32_t>& partitions) {
    AlterPartitionReassignmentsRequest request;
    auto* entry = request.add_topics();
    entry->mutable_topic()->set_name(topic);
    for (const int32_t partition : partitions) {
      auto* wanted = entry->add_partitions();
      wanted->set_partition(partition);
      for (const int32_t id : {3, 1}) wanted->mutable_target()->add_broker_ids(id);
    }
    cluster_.Apply(DecideAlterPartitionReassignments(cluster_.view(), request, cluster_.context()));
  }

  ListPartitionReassignmentsResponse Page(const ListPartitionReassignmentsRequest& request,
                                          const ReassignmentPageLimits& limits = {}) const {
    return std::get<ListPartitionReassignmentsResponse>(
        ListReassignmentPage(cluster_.image(), request, limits));
  }

  // Returns "topic-partition" of all reassignments.
  std::vector<std::string> OnAll(ListPartitionReassignmentsRequest request,
                                 const ReassignmentPageLimits& limits = {},
                                 int* pages = nullptr) const {
    std::vector<std::string> all;
    while (true) {
      const auto page = Page(request, limits);
      if (pages != nullptr) ++*pages;
      for (const auto& one : page.reassignments()) {
        all.push_back(absl::StrFormat("%s-%d", one.name(), one.partition()));
      }
      if (!page.has_next()) return all;
      *request.mutable_from() = page.next();
    }
  }

  common::v1::ErrorCode CodeOf(const ListPartitionReassignmentsRequest& request) const {
    return std::get<common::v1::Error>(ListReassignmentPage(cluster_.image(), request)).code();
  }

  DecisionFixture cluster_;
};

TEST_F(ReassignmentPagesTest, AReassignmentIsShownWithItsReplicas) {
  EXPECT_THAT(OnAll({}), IsEmpty());
  Reassign("a", {7});
  const auto page = Page({});
  ASSERT_EQ(page.reassignments_size(), 1);
  const auto& one = page.reassignments(0);
  EXPECT_EQ(one.name(), "a");
  EXPECT_EQ(one.topic_id(), cluster_.image().FindTopicByName("a")->id().ToString());
  EXPECT_EQ(one.partition(), 7);
  EXPECT_THAT(one.replicas(), ElementsAre(3, 1, 2));
  EXPECT_THAT(one.adding_replicas(), ElementsAre(3));
  EXPECT_THAT(one.removing_replicas(), ElementsAre(2));
  EXPECT_THAT(one.isr(), ElementsAre(1, 2));
  EXPECT_EQ(page.end_offset(), cluster_.image().end_offset().value());
}

TEST_F(ReassignmentPagesTest, OnlyThoseOfTheNamedTopicsAreShown) {
  Reassign("a", {0, 99});
  Reassign("b", {5});
  ListPartitionReassignmentsRequest request;
  for (const char* name : {"a", "none", "a"}) request.add_topics(name);
  EXPECT_THAT(OnAll(request), UnorderedElementsAre("a-0", "a-99"));
  request.add_topics("b");
  EXPECT_THAT(OnAll(request), UnorderedElementsAre("a-0", "a-99", "b-5"));
}

TEST_F(ReassignmentPagesTest, OtherExtrasAreNotReassignments) {
  cluster_.Change("a", {.isr_mask = 0b01,
                        .leader_position = 0,
                        .extras = metadata::PartitionExtras{.elr_mask = 0b10}});
  EXPECT_THAT(OnAll({}), IsEmpty());
}

// Whatever the limits, the pages together show each reassignment once.
TEST_F(ReassignmentPagesTest, PagesGoOnWhereTheOneBeforeHasEnded) {
  Reassign("a", {0, 1, 63, 64, 99});
  Reassign("c", {98, 99});
  const std::vector<std::string> all = OnAll({});
  EXPECT_THAT(all, SizeIs(7));
  for (const int64_t looked_at : {1, 2, 3, 5, 8}) {
    for (const int reassignments : {1, 2, 5}) {
      int pages = 0;
      EXPECT_EQ(OnAll({}, {.looked_at = looked_at, .reassignments = reassignments}, &pages), all);
      EXPECT_GT(pages, 1);
    }
  }
}

TEST_F(ReassignmentPagesTest, AMalformedCursorAndTooManyNamesAreRefused) {
  ListPartitionReassignmentsRequest request;
  request.mutable_from()->set_topic_id("x");
  EXPECT_EQ(CodeOf(request), common::v1::INVALID_REQUEST);
  request.mutable_from()->set_topic_id(metadata::TestUuid(1).ToString());
  request.mutable_from()->set_partition(-1);
  EXPECT_EQ(CodeOf(request), common::v1::INVALID_REQUEST);
  request.Clear();
  for (int i = 0; i <= kMaxNamedTopics; ++i) request.add_topics("a");
  EXPECT_EQ(CodeOf(request), common::v1::POLICY_VIOLATION);
}

TEST_F(ReassignmentPagesTest, ACursorBehindTheEndIsNoError) {
  Reassign("a", {0});
  ListPartitionReassignmentsRequest request;
  request.mutable_from()->set_topic_id(cluster_.image().FindTopicByName("a")->id().ToString());
  request.mutable_from()->set_partition(std::numeric_limits<int32_t>::max());
  EXPECT_THAT(OnAll(request), IsEmpty());
}

}  // namespace
}  // namespace quorate::controller
