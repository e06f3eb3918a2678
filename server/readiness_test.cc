#include "server/readiness.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"

namespace quorate::server {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

// Describes what the test says.
class FakeLog final : public raft::ReplicatedLog {
 public:
  void Propose(raft::Proposal /*proposal*/) override { FAIL(); }
  raft::Admission admission() const override { return raft::Admission::kOpen; }
  void ReadIndex(MonoTime /*deadline*/,
                 absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&> /*done*/) override {
    FAIL();
  }
  void TransferLeadership(std::optional<NodeId> /*target*/,
                          absl::AnyInvocable<void(absl::Status) &&> /*done*/) override {
    FAIL();
  }
  void ConfirmPause(Epoch /*epoch*/) override { FAIL(); }
  void ReadCommitted(
      RecordOffset /*from*/, size_t /*max_bytes*/,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<raft::EntryPtr>>) &&> /*done*/) override {
    FAIL();
  }
  void Describe(absl::AnyInvocable<void(raft::QuorumStatus) &&> done) override {
    raft::QuorumStatus status;
    status.ready_offset = ready_offset;
    std::move(done)(std::move(status));
  }

  std::optional<RecordOffset> ready_offset;
};

class ReadinessTest : public testing::Test {
 protected:
  void Pass(int ms) { executor_.AdvanceBy(milliseconds(ms)); }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  FakeLog log_;
  RecordOffset applied_{10};
  std::vector<bool> published_;
  Readiness readiness_{&executor_, &clock_, [this] { return applied_; },
                       [this](bool ready) { published_.push_back(ready); }};
};

TEST_F(ReadinessTest, IsReadyOnceItHasAppliedWhatTheSessionBeganWith) {
  readiness_.Start(&log_);
  Pass(100);
  EXPECT_THAT(published_, IsEmpty()) << "no leader, nothing to be ready for";
  log_.ready_offset = RecordOffset(11);
  Pass(100);
  EXPECT_THAT(published_, IsEmpty());
  applied_ = RecordOffset(11);
  Pass(10);
  EXPECT_THAT(published_, ElementsAre(true));
}

TEST_F(ReadinessTest, IsLostWithTheSessionAndComesBack) {
  log_.ready_offset = RecordOffset(10);
  readiness_.Start(&log_);
  executor_.RunReady();
  EXPECT_THAT(published_, ElementsAre(true));
  log_.ready_offset = std::nullopt;
  readiness_.OnLeaderChange(Epoch(2), std::nullopt);
  executor_.RunReady();
  EXPECT_THAT(published_, ElementsAre(true, false)) << "without waiting for a timer";
  log_.ready_offset = RecordOffset(10);
  Pass(10);
  EXPECT_THAT(published_, ElementsAre(true, false, true));
  log_.ready_offset = std::nullopt;
  Pass(100);
  EXPECT_THAT(published_, ElementsAre(true, false, true, false)) << "a break is seen by looking";
}

TEST_F(ReadinessTest, OnceWithdrawnItStaysSo) {
  log_.ready_offset = RecordOffset(10);
  readiness_.Start(&log_);
  executor_.RunReady();
  readiness_.Withdraw();
  executor_.RunReady();
  readiness_.OnLeaderChange(Epoch(2), NodeId(1));
  Pass(1000);
  EXPECT_THAT(published_, ElementsAre(true, false));
}

}  // namespace
}  // namespace quorate::server
