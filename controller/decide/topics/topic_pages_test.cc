#include "controller/decide/topics/topic_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/topics/topic_walk.h"
#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::DescribeTopicsRequest;
using admin::v1::DescribeTopicsResponse;
using admin::v1::TopicFilter;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

// Brokers 1 to 4, of which 4 has died.
class TopicPagesTest : public ::testing::Test {
 protected:
  TopicPagesTest() {
    cluster_.StartBrokers(4);
    cluster_.Create("full", {{1, 2, 3}, {2, 3, 1}});
    cluster_.Create("mixed", {{1, 2}, {4, 1}});
    cluster_.Create("lost", {{4}});
    cluster_.Create("strict", {{1, 2}, {1, 2}, {2, 4}}, {{"min.insync.replicas", "2"}});
    cluster_.Create("odd", {{4, 1}}, {{"retention.ms", "5"}});
    cluster_.Fence({BrokerId(4)});
  }

  static DescribeTopicsRequest Filter(const std::vector<TopicFilter::Condition>& conditions,
                                      bool with_overrides = false) {
    DescribeTopicsRequest request;
    for (const auto condition : conditions) request.mutable_filter()->add_conditions(condition);
    request.mutable_filter()->set_with_overrides(with_overrides);
    return request;
  }

  // Returns "topic-partition" for all partitions on the page.
  static std::vector<std::string> On(const DescribeTopicsResponse& page) {
    std::vector<std::string> partitions;
    for (const auto& topic : page.topics()) {
      if (topic.has_error()) partitions.push_back(topic.name() + "?");
      for (const auto& partition : topic.partitions()) {
        partitions.push_back(absl::StrFormat("%s-%d", topic.name(), partition.partition()));
      }
    }
    return partitions;
  }

  // Returns what is on all pages.
  std::vector<std::string> OnAll(DescribeTopicsRequest request, const TopicPageLimits& limits = {},
                                 int* pages = nullptr) {
    std::vector<std::string> all;
    while (true) {
      const auto answer = DescribeTopicPage(cluster_.image(), request, limits);
      const auto& page = std::get<DescribeTopicsResponse>(answer);
      EXPECT_EQ(page.end_offset(), cluster_.image().end_offset().value());
      for (const std::string& partition : On(page)) all.push_back(partition);
      if (pages != nullptr) ++*pages;
      if (!page.has_next()) return all;
      *request.mutable_filter()->mutable_from() = page.next();
    }
  }

  common::v1::Error ErrorOf(const DescribeTopicsRequest& request) {
    return std::get<common::v1::Error>(DescribeTopicPage(cluster_.image(), request));
  }

  DecisionFixture cluster_;
};

TEST_F(TopicPagesTest, EachConditionSelectsItsPartitions) {
  EXPECT_THAT(OnAll(Filter({TopicFilter::UNDER_REPLICATED})),
              UnorderedElementsAre("mixed-1", "strict-2", "odd-0"));
  EXPECT_THAT(OnAll(Filter({TopicFilter::UNAVAILABLE})), UnorderedElementsAre("lost-0"));
  EXPECT_THAT(OnAll(Filter({TopicFilter::UNDER_MIN_ISR})),
              UnorderedElementsAre("lost-0", "strict-2"));
  EXPECT_THAT(OnAll(Filter({TopicFilter::AT_MIN_ISR})),
              UnorderedElementsAre("mixed-1", "strict-0", "strict-1", "odd-0"));
  EXPECT_THAT(OnAll(Filter({TopicFilter::UNAVAILABLE, TopicFilter::UNDER_REPLICATED})),
              UnorderedElementsAre("mixed-1", "lost-0", "strict-2", "odd-0"));
}

TEST_F(TopicPagesTest, TheNumbersAreThoseThatTheControllerCounts) {
  const PartitionTally::Counts counts = cluster_.view().tally.counts();
  const auto count = [&](TopicFilter::Condition condition) {
    return static_cast<int64_t>(OnAll(Filter({condition})).size());
  };
  EXPECT_EQ(count(TopicFilter::UNDER_REPLICATED), counts.under_replicated);
  EXPECT_EQ(count(TopicFilter::UNAVAILABLE), counts.offline);
  EXPECT_EQ(count(TopicFilter::UNDER_MIN_ISR), counts.under_min_isr);
  EXPECT_EQ(count(TopicFilter::AT_MIN_ISR), counts.at_min_isr);
}

TEST_F(TopicPagesTest, OverridesSelectTopicsAndBothMustHold) {
  EXPECT_THAT(OnAll(Filter({}, /*with_overrides=*/true)),
              UnorderedElementsAre("strict-0", "strict-1", "strict-2", "odd-0"));
  EXPECT_THAT(OnAll(Filter({TopicFilter::UNDER_REPLICATED}, /*with_overrides=*/true)),
              UnorderedElementsAre("strict-2", "odd-0"));
}

TEST_F(TopicPagesTest, AnEmptyFilterPagesThroughEverything) {
  EXPECT_EQ(OnAll(Filter({})).size(), 9u);
}

TEST_F(TopicPagesTest, NamesNarrowTheSelectionAndMissingOnesComeOnce) {
  DescribeTopicsRequest request = Filter({TopicFilter::UNDER_REPLICATED});
  for (const char* name : {"strict", "none", "full", "mixed", "strict"}) request.add_topics(name);
  int pages = 0;
  EXPECT_THAT(OnAll(request, {.looked_at = 1}, &pages),
              UnorderedElementsAre("none?", "strict-2", "mixed-1"));
  EXPECT_GT(pages, 3);
}

TEST_F(TopicPagesTest, PagesOfAnySizeShowEachPartitionOnce) {
  cluster_.Create("large", 57, 1);
  cluster_.Create("other", 40, 1);
  for (const auto& request :
       {Filter({}), Filter({TopicFilter::UNDER_REPLICATED}), Filter({TopicFilter::AT_MIN_ISR})}) {
    const std::vector<std::string> expected = OnAll(request);
    for (int64_t looked_at = 0; looked_at <= 60; ++looked_at) {
      EXPECT_EQ(OnAll(request, {.looked_at = looked_at}), expected) << looked_at;
    }
    for (size_t bytes = 0; bytes <= 600; bytes += 7) {
      EXPECT_EQ(OnAll(request, {.bytes = bytes}), expected) << bytes;
    }
  }
}

// A filter that matches nothing must not look at everything for one answer.
TEST_F(TopicPagesTest, APageThatFindsNothingEndsAfterBoundedWork) {
  cluster_.Create("large", 25'000, 1);
  int pages = 0;
  DescribeTopicsRequest request = Filter({TopicFilter::UNDER_REPLICATED});
  request.add_topics("large");
  EXPECT_THAT(OnAll(request, {}, &pages), IsEmpty());
  EXPECT_EQ(pages, 3);
}

TEST_F(TopicPagesTest, APageWithMuchToShowIsSmall) {
  cluster_.Create("large", 25'000, 1);
  const auto answer = DescribeTopicPage(cluster_.image(), Filter({TopicFilter::AT_MIN_ISR}));
  const auto& page = std::get<DescribeTopicsResponse>(answer);
  EXPECT_TRUE(page.has_next());
  EXPECT_LT(page.ByteSizeLong(), size_t{300} << 10);
}

TEST_F(TopicPagesTest, ATopicThatIsDeletedBetweenPagesIsPassedOver) {
  DescribeTopicsRequest request = Filter({});
  const auto first = DescribeTopicPage(cluster_.image(), request, {.looked_at = 2});
  const auto& page = std::get<DescribeTopicsResponse>(first);
  admin::v1::DeleteTopicsRequest remove;
  remove.add_topics()->set_topic_id(page.next().topic_id());
  const std::string deleted =
      cluster_.image().FindTopic(*Uuid::Parse(page.next().topic_id()))->name();
  cluster_.Apply(DecideDeleteTopics(cluster_.view(), remove, cluster_.context()));
  *request.mutable_filter()->mutable_from() = page.next();
  const std::vector<std::string> rest = OnAll(request);
  EXPECT_FALSE(rest.empty());
  for (const std::string& partition : rest) {
    EXPECT_THAT(partition, ::testing::Not(HasSubstr(deleted + "-")));
  }
}

TEST_F(TopicPagesTest, WhatIsNoFilterIsRefused) {
  DescribeTopicsRequest request = Filter({TopicFilter::CONDITION_UNSPECIFIED});
  EXPECT_EQ(ErrorOf(request).code(), common::v1::INVALID_REQUEST);
  request = Filter({});
  request.mutable_filter()->mutable_conditions()->Add(99);
  EXPECT_THAT(ErrorOf(request).message(), HasSubstr("no condition 99"));
  request = Filter({});
  request.mutable_filter()->mutable_from()->set_topic_id("x");
  EXPECT_THAT(ErrorOf(request).message(), HasSubstr("topic id \"x\", partition 0"));
  request.mutable_filter()->mutable_from()->set_topic_id(metadata::TestUuid(1).ToString());
  request.mutable_filter()->mutable_from()->set_partition(-1);
  EXPECT_EQ(ErrorOf(request).code(), common::v1::INVALID_REQUEST);
  request = Filter({});
  for (int i = 0; i <= kMaxNamedTopics; ++i) request.add_topics("t");
  EXPECT_EQ(ErrorOf(request).code(), common::v1::POLICY_VIOLATION);
}

// The cursor of a topic with fewer partitions than it says, and a topic behind all others.
TEST_F(TopicPagesTest, ACursorBehindTheEndShowsWhatFollows) {
  DescribeTopicsRequest request = Filter({});
  auto* from = request.mutable_filter()->mutable_from();
  from->set_topic_id(cluster_.image().FindTopicByName("full")->id().ToString());
  from->set_partition(1'000'000);
  for (const std::string& partition : OnAll(request)) {
    EXPECT_THAT(partition, ::testing::Not(HasSubstr("full")));
  }
  from->set_topic_id(Uuid::FromBytes(std::string(16, '\xff'))->ToString());
  EXPECT_THAT(OnAll(request), IsEmpty());
}

}  // namespace
}  // namespace quorate::controller
