#include "controller/decide/topics/topic_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "controller/testing/decision_fixture.h"

namespace quorate::controller {
namespace {

using admin::v1::ListTopicsRequest;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class TopicListTest : public ::testing::Test {
 protected:
  TopicListTest() {
    cluster_.StartBrokers(1);
    for (const char* name : {"d", "b", "B", "a.b", "c", "a"}) cluster_.Create(name, {{1}});
  }

  static ListTopicsRequest Page(int32_t max_topics, const std::string& after_name = "") {
    ListTopicsRequest request;
    request.set_max_topics(max_topics);
    request.set_after_name(after_name);
    return request;
  }

  // Returns the names on the page, and "…" if more topics follow.
  std::vector<std::string> On(const ListTopicsRequest& request) {
    const auto answer = ListTopicPage(cluster_.image(), request);
    const auto& list = std::get<TopicList>(answer);
    std::vector<std::string> names;
    for (const metadata::TopicPtr& topic : list.topics) names.push_back(topic->name());
    if (list.has_more) names.push_back("…");
    return names;
  }

  DecisionFixture cluster_;
};

TEST_F(TopicListTest, AllTopicsComeByNameByteByByte) {
  EXPECT_THAT(On({}), ElementsAre("B", "a", "a.b", "b", "c", "d"));
}

TEST_F(TopicListTest, APageHasTheFirstTopicsAfterAName) {
  EXPECT_THAT(On(Page(2)), ElementsAre("B", "a", "…"));
  EXPECT_THAT(On(Page(2, "a")), ElementsAre("a.b", "b", "…"));
  EXPECT_THAT(On(Page(2, "b")), ElementsAre("c", "d"));
  EXPECT_THAT(On(Page(2, "d")), IsEmpty());
}

TEST_F(TopicListTest, TheTopicOfThePageBeforeMayBeGone) {
  EXPECT_THAT(On(Page(2, "aa")), ElementsAre("b", "c", "…"));
  EXPECT_THAT(On(Page(0, "aa")), ElementsAre("b", "c", "d"));
}

TEST_F(TopicListTest, APageThatHoldsAllHasNoMore) {
  EXPECT_THAT(On(Page(6)), ElementsAre("B", "a", "a.b", "b", "c", "d"));
  EXPECT_THAT(On(Page(2'147'483'647)), ElementsAre("B", "a", "a.b", "b", "c", "d"));
}

TEST_F(TopicListTest, ANegativeLimitIsRefused) {
  const auto answer = ListTopicPage(cluster_.image(), Page(-1));
  const auto& error = std::get<common::v1::Error>(answer);
  EXPECT_EQ(error.code(), common::v1::INVALID_REQUEST);
  EXPECT_THAT(error.message(), HasSubstr("max_topics is -1; it must be 0 (all topics) or more"));
}

}  // namespace
}  // namespace quorate::controller
