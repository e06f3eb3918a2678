#include "controller/leadership_confirmation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/testing/manual_executor.h"
#include "controller/testing/fake_quorum.h"

namespace quorate::controller {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class LeadershipConfirmationTest : public ::testing::Test {
 protected:
  LeadershipConfirmationTest() {
    quorum_.AddNode(NodeId(2));
    quorum_.Elect(NodeId(1));
    quorum_.HoldReads();
  }

  void Add(const std::string& name, MonoTime deadline = kNever) {
    confirmation_.Add(
        {.deadline = deadline, .done = [this, name](std::optional<common::v1::Error> error) {
           outcomes_.push_back(error ? name + ": " + common::v1::ErrorCode_Name(error->code())
                                     : name);
         }});
    executor_.RunReady();
  }

  // Lets the round in flight succeed. A round that it starts stays in flight.
  void EndRound() {
    quorum_.ConfirmReads();
    quorum_.HoldReads();
    executor_.RunReady();
  }

  std::vector<std::string> Take() { return std::exchange(outcomes_, {}); }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  FakeQuorum quorum_{&clock_};
  LeadershipConfirmation confirmation_{&executor_, &clock_, quorum_.AddNode(NodeId(1))};
  std::vector<std::string> outcomes_;
};

TEST_F(LeadershipConfirmationTest, OneRoundIsUnderWayAndTheOthersShareTheNext) {
  Add("a");
  Add("b");
  Add("c");
  EXPECT_EQ(quorum_.waiting_read_count(), 1u);
  EndRound();
  EXPECT_THAT(Take(), ElementsAre("a")) << "b and c were added after the round had begun";
  EXPECT_EQ(quorum_.waiting_read_count(), 1u);
  EndRound();
  EXPECT_THAT(Take(), ElementsAre("b", "c"));
  EXPECT_EQ(quorum_.waiting_read_count(), 0u);
  Add("d");
  EndRound();
  EXPECT_THAT(Take(), ElementsAre("d"));
}

TEST_F(LeadershipConfirmationTest, ARoundThatFailsRefusesItsAnswers) {
  Add("a");
  quorum_.Elect(NodeId(2));
  executor_.RunReady();
  EXPECT_THAT(Take(), ElementsAre("a: NOT_CONTROLLER"));
}

TEST_F(LeadershipConfirmationTest, ARoundThatBeganBeforeALossConfirmsNothing) {
  Add("a");
  Add("b");
  confirmation_.FailAll(MakeError(common::v1::NOT_CONTROLLER, "gone"));
  EXPECT_THAT(Take(), ElementsAre("a: NOT_CONTROLLER", "b: NOT_CONTROLLER"));
  Add("c");
  quorum_.ConfirmReads();  // those of both rounds
  executor_.RunReady();
  EXPECT_THAT(Take(), ElementsAre("c"));
}

TEST_F(LeadershipConfirmationTest, DeadlinesHold) {
  const MonoTime soon = clock_.Now() + seconds(1);
  const MonoTime late = clock_.Now() + seconds(2);
  Add("a", late);
  Add("b", soon);
  EXPECT_EQ(confirmation_.next_deadline(), soon);
  confirmation_.Expire(soon);
  EXPECT_THAT(Take(), ElementsAre("b: REQUEST_TIMED_OUT"));
  EXPECT_EQ(confirmation_.next_deadline(), late);
  EndRound();
  EXPECT_THAT(Take(), ElementsAre("a"));
  EXPECT_EQ(quorum_.waiting_read_count(), 0u) << "no answer needs a round";
  EXPECT_THAT(Take(), IsEmpty());
}

}  // namespace
}  // namespace quorate::controller
