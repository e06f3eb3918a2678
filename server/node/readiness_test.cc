#include "server/node/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"
#include "server/testing/fake_replicated_log.h"

namespace quorate::server {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class ReadinessTest : public testing::Test {
 protected:
  void Pass(int ms) { executor_.AdvanceBy(milliseconds(ms)); }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  FakeReplicatedLog log_;
  RecordOffset applied_{10};
  bool has_room_ = true;
  std::vector<bool> published_;
  Readiness readiness_{&executor_,
                       &clock_,
                       &log_,
                       [this] { return applied_; },
                       [this] { return has_room_; },
                       [this](bool ready) { published_.push_back(ready); }};
};

TEST_F(ReadinessTest, IsReadyOnceItHasAppliedWhatTheSessionBeganWith) {
  readiness_.Start();
  Pass(100);
  EXPECT_THAT(published_, IsEmpty()) << "there is no leader";
  log_.status.ready_offset = RecordOffset(11);
  Pass(100);
  EXPECT_THAT(published_, IsEmpty());
  applied_ = RecordOffset(11);
  Pass(10);
  EXPECT_THAT(published_, ElementsAre(true));
}

TEST_F(ReadinessTest, IsLostWithTheSessionAndComesBack) {
  log_.status.ready_offset = RecordOffset(10);
  readiness_.Start();
  executor_.RunReady();
  EXPECT_THAT(published_, ElementsAre(true));
  log_.status.ready_offset = std::nullopt;
  readiness_.OnLeaderChange(Epoch(2), std::nullopt);
  executor_.RunReady();
  EXPECT_THAT(published_, ElementsAre(true, false))
      << "the change is published without waiting for a timer";
  log_.status.ready_offset = RecordOffset(10);
  Pass(10);
  EXPECT_THAT(published_, ElementsAre(true, false, true));
  log_.status.ready_offset = std::nullopt;
  Pass(100);
  EXPECT_THAT(published_, ElementsAre(true, false, true, false))
      << "the periodic check notices the end of the session";
}

TEST_F(ReadinessTest, OnlyTheLeaderNeedsRoomForChanges) {
  log_.status.self = NodeId(1);
  log_.status.leader = NodeId(1);
  log_.status.ready_offset = RecordOffset(10);
  readiness_.Start();
  executor_.RunReady();
  EXPECT_THAT(published_, ElementsAre(true));
  has_room_ = false;
  Pass(100);
  EXPECT_THAT(published_, ElementsAre(true, false));
  log_.status.leader = NodeId(2);
  Pass(100);
  EXPECT_THAT(published_, ElementsAre(true, false, true))
      << "another node leads and accepts the changes";
}

TEST_F(ReadinessTest, OnceWithdrawnItStaysSo) {
  log_.status.ready_offset = RecordOffset(10);
  readiness_.Start();
  executor_.RunReady();
  readiness_.Withdraw();
  executor_.RunReady();
  readiness_.OnLeaderChange(Epoch(2), NodeId(1));
  Pass(1000);
  EXPECT_THAT(published_, ElementsAre(true, false));
}

}  // namespace
}  // namespace quorate::server
