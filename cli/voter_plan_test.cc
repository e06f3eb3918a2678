#include "cli/voter_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeQuorumResponse;
using ::testing::HasSubstr;

constexpr char kOld[] = "2v_wzNH7TGO7YqAlKUKcpw";
constexpr char kNew[] = "JVmS8BqhS2mHLM7kAZBoJA";

// Controllers 1, 2 and 3 are the voters. Controller 1 leads, and `silent` is out of contact.
DescribeQuorumResponse Quorum(int silent = 0) {
  DescribeQuorumResponse quorum;
  quorum.set_leader_id(1);
  for (int id = 1; id <= 3; ++id) {
    auto* voter = quorum.add_voters();
    voter->set_node_id(id);
    voter->set_directory_id(kOld);
    voter->set_last_contact_age_ms(id == silent ? 90'000 : 30);
  }
  return quorum;
}

DescribeQuorumResponse WithObserver(DescribeQuorumResponse quorum, int id) {
  auto* observer = quorum.add_observers();
  observer->set_node_id(id);
  observer->set_directory_id(kNew);
  return quorum;
}

DescribeQuorumResponse Without(DescribeQuorumResponse quorum, int id) {
  quorum.mutable_voters()->DeleteSubrange(id - 1, 1);
  return quorum;
}

VoterStep Add(int id, const std::string& directory = kNew) {
  return {VoterStep::Action::kAdd, id, directory};
}
VoterStep Remove(int id) { return {VoterStep::Action::kRemove, id, kOld}; }

void ExpectSteps(const VoterPlan& plan, const std::vector<VoterStep>& steps) {
  ASSERT_TRUE(std::holds_alternative<std::vector<VoterStep>>(plan));
  EXPECT_EQ(std::get<std::vector<VoterStep>>(plan), steps);
}

std::string Refusal(const VoterPlan& plan) {
  return std::string(std::get<absl::Status>(plan).message());
}

std::string WaitsFor(const VoterPlan& plan) { return std::get<Awaited>(plan).what; }

TEST(PlanAddTest, TheObserverWithItsDirectory) {
  ExpectSteps(PlanAdd(WithObserver(Quorum(), 4), 4, ""), {Add(4)});
  ExpectSteps(PlanAdd(WithObserver(Quorum(), 4), 4, kNew), {Add(4)});
}

TEST(PlanAddTest, WhoIsNotThereIsWaitedFor) {
  EXPECT_THAT(WaitsFor(PlanAdd(Quorum(), 4, "")), HasSubstr("start it with --observer"));
}

TEST(PlanAddTest, MistakesAreNamed) {
  EXPECT_EQ(Refusal(PlanAdd(Quorum(), 3, "")), "controller 3 is already a voter");
  EXPECT_THAT(Refusal(PlanAdd(WithObserver(Quorum(), 3), 3, "")),
              HasSubstr("'quoratectl quorum replace 3'"));
  EXPECT_EQ(Refusal(PlanAdd(WithObserver(Quorum(), 4), 4, kOld)),
            absl::StrCat("controller 4 has directory id ", kNew, ", not ", kOld));
}

TEST(PlanRemoveTest, TheVoterEvenIfItIsDown) {
  ExpectSteps(PlanRemove(Quorum(3), 3, ""), {Remove(3)});
}

TEST(PlanRemoveTest, MistakesAreNamed) {
  EXPECT_EQ(Refusal(PlanRemove(Quorum(), 4, "")),
            "controller 4 is not a voter; the voters are 1, 2, 3");
  EXPECT_THAT(Refusal(PlanRemove(Quorum(), 3, kNew)), HasSubstr("not"));
}

TEST(PlanReplaceTest, AnotherControllerIsAddedBeforeTheVoterGoes) {
  ExpectSteps(PlanReplace(WithObserver(Quorum(), 4), 3, 4, ""), {Add(4), Remove(3)});
  EXPECT_THAT(WaitsFor(PlanReplace(Quorum(), 3, 4, "")), HasSubstr("controller 4"));
}

TEST(PlanReplaceTest, GoesOnWhereAnEarlierRunEnded) {
  // The voters are 1, 2, 3 and 4: an earlier run added 4 to replace 2.
  DescribeQuorumResponse half_done = Quorum();
  half_done.add_voters()->set_node_id(4);
  ExpectSteps(PlanReplace(half_done, 2, 4, ""), {Remove(2)});
  ExpectSteps(PlanReplace(Without(Quorum(), 2), 2, 3, ""), {});
  // An earlier run removed controller 3 with its old directory.
  ExpectSteps(PlanReplace(WithObserver(Without(Quorum(), 3), 3), 3, 3, ""), {Add(3)});
}

TEST(PlanReplaceTest, ANewDirectoryComesAfterTheOldOneWent) {
  ExpectSteps(PlanReplace(WithObserver(Quorum(3), 3), 3, 3, ""), {Remove(3), Add(3)});
  // In both cases controller 3 may just be starting with its new directory.
  for (const int silent : {0, 3}) {
    EXPECT_THAT(WaitsFor(PlanReplace(Quorum(silent), 3, 3, "")),
                HasSubstr("empty its data directory"));
  }
  ExpectSteps(PlanReplace(Quorum(), 3, 3, kOld), {});
}

TEST(PlanReplaceTest, MistakesAreNamed) {
  EXPECT_THAT(Refusal(PlanReplace(Quorum(), 2, 3, "")),
              HasSubstr("controller 3 is already a voter"));
  EXPECT_THAT(Refusal(PlanReplace(WithObserver(Quorum(), 4), 9, 4, "")),
              HasSubstr("controller 9 is not a voter"));
  EXPECT_THAT(Refusal(PlanReplace(WithObserver(Quorum(3), 3), 3, 3, "AAAAAAAAAAAAAAAAAAAAAQ")),
              HasSubstr("has directory id"));
}

}  // namespace
}  // namespace quorate::cli
