#include "controller/state_audit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace quorate::controller {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Kind = StateVerdict::Kind;

constexpr Duration kMinute = std::chrono::minutes(1);

StateReport Report(int32_t node, uint64_t hash, int64_t end_offset = 50, uint32_t version = 1) {
  return {.node = NodeId(node),
          .end_offset = RecordOffset(end_offset),
          .metadata_version = version,
          .hash = hash};
}

// Controllers 1 to `count` as voters.
raft::VoterSet Voters(int count) {
  std::vector<raft::Voter> voters;
  for (int node = 1; node <= count; ++node) {
    voters.push_back({.key = {NodeId(node), Uuid()}, .peer_endpoint = "host:1"});
  }
  return raft::VoterSet(std::move(voters));
}

Kind Judge(const StateReport& own, const std::vector<StateReport>& reports, int voters = 3) {
  return JudgeState(own, reports, Voters(voters)).kind;
}

TEST(StateAuditTest, TheFirstEntryOfEachIntervalIsAPlace) {
  const auto is_place = [](std::optional<int64_t> before_ms, int64_t append_time_ms) {
    return IsAuditPlace(before_ms, {.append_time_ms = append_time_ms}, kMinute);
  };
  EXPECT_FALSE(is_place(60'000, 60'000));
  EXPECT_FALSE(is_place(60'000, 119'999));
  EXPECT_TRUE(is_place(119'999, 120'000));
  EXPECT_TRUE(is_place(60'000, 600'000));
  EXPECT_FALSE(is_place(std::nullopt, 600'000)) << "the preceding entry may have been the place";
}

TEST(StateAuditTest, WhereTheTimeOfTheLogStandsStillOffsetsArePlaces) {
  const auto is_place = [](int64_t base_offset, int32_t record_count) {
    return IsAuditPlace(60'000,
                        {.base_offset = RecordOffset(base_offset),
                         .record_count = record_count,
                         .append_time_ms = 60'000},
                        kMinute);
  };
  EXPECT_FALSE(is_place(0, 1));
  EXPECT_FALSE(is_place(0, kRecordsBetweenAudits - 1));
  EXPECT_TRUE(is_place(kRecordsBetweenAudits - 1, 1));
  EXPECT_FALSE(is_place(kRecordsBetweenAudits, 1));
  EXPECT_TRUE(is_place(kRecordsBetweenAudits + 1, 3 * kRecordsBetweenAudits));
}

TEST(StateAuditTest, EqualHashesAreTheSame) {
  EXPECT_EQ(Judge(Report(1, 7), {}), Kind::kSame);
  EXPECT_EQ(Judge(Report(1, 7), {Report(1, 7), Report(2, 7), Report(3, 7)}), Kind::kSame);
}

TEST(StateAuditTest, TheMinorityFails) {
  const std::vector<StateReport> reports = {Report(1, 7), Report(2, 7), Report(3, 8)};
  EXPECT_EQ(Judge(Report(3, 8), reports), Kind::kThisFails);
  EXPECT_EQ(Judge(Report(1, 7), reports), Kind::kOthersFail);
  EXPECT_EQ(JudgeState(Report(3, 8), reports, Voters(3)).text,
            "state 0000000000000007 on controller 1 2, state 0000000000000008 on controller 3");
}

TEST(StateAuditTest, WithoutAMajorityNobodyFails) {
  EXPECT_EQ(Judge(Report(1, 7), {Report(1, 7), Report(2, 8)}), Kind::kUndecided);
  EXPECT_EQ(Judge(Report(1, 7), {Report(2, 8), Report(3, 9)}), Kind::kUndecided);
  // Two of five are not a majority, even if no other report is known.
  EXPECT_EQ(Judge(Report(1, 7), {Report(2, 8), Report(3, 8)}, 5), Kind::kUndecided);
  EXPECT_EQ(Judge(Report(1, 7), {Report(2, 8), Report(3, 8), Report(4, 8)}, 5), Kind::kThisFails);
}

TEST(StateAuditTest, ObserversAreJudgedAndDoNotJudge) {
  // Controllers 4, 5 and 6 are observers and hold another state than all voters. The order of the
  // states must not matter.
  for (const uint64_t other : {6, 8}) {
    const std::vector<StateReport> reports = {Report(1, 7),     Report(2, 7),     Report(3, 7),
                                              Report(4, other), Report(5, other), Report(6, other)};
    EXPECT_EQ(Judge(Report(1, 7), reports), Kind::kOthersFail);
    EXPECT_EQ(Judge(Report(4, other), reports), Kind::kThisFails);
  }
  // Observers do not turn one voter into a majority.
  const std::vector<StateReport> reports = {Report(1, 7), Report(2, 8), Report(4, 8), Report(5, 8)};
  EXPECT_EQ(Judge(Report(1, 7), reports), Kind::kUndecided);
  EXPECT_EQ(Judge(Report(4, 8), reports), Kind::kUndecided);
  EXPECT_EQ(JudgeState(Report(1, 7), {Report(4, 8)}, Voters(3)).text,
            "state 0000000000000007 on controller 1, "
            "state 0000000000000008 on controller 4 (observer)");
}

TEST(StateAuditTest, OtherPlacesAndVersionsAreNotCompared) {
  EXPECT_EQ(Judge(Report(1, 7), {Report(2, 8, 51), Report(3, 8, 51)}), Kind::kSame);
  EXPECT_EQ(Judge(Report(1, 7), {Report(2, 8, 50, 2), Report(3, 8, 50, 2)}), Kind::kSame);
}

TEST(StateTallyTest, KeepsTheNewestReportOfEachNodeAndTheLatestPlaces) {
  StateTally tally;
  tally.Add(Report(2, 8));
  tally.Add(Report(1, 7));
  tally.Add(Report(2, 9));
  EXPECT_THAT(tally.At(RecordOffset(50)), ElementsAre(Report(1, 7), Report(2, 9)));
  EXPECT_THAT(tally.At(RecordOffset(51)), IsEmpty());
  for (int64_t place = 100; place < 110; ++place) tally.Add(Report(1, 7, place));
  EXPECT_THAT(tally.At(RecordOffset(50)), IsEmpty());
  EXPECT_THAT(tally.At(RecordOffset(109)), ElementsAre(Report(1, 7, 109)));
}

}  // namespace
}  // namespace quorate::controller
