#include "server/node/readiness.h"

#include <utility>

#include "base/check.h"

namespace quorate::server {
namespace {

// The pause between two checks. It is shorter while not ready, because callers wait for this node
// to become ready.
constexpr Duration kPauseWhileNotReady = std::chrono::milliseconds(10);
constexpr Duration kPauseWhileReady = std::chrono::milliseconds(100);

}  // namespace

Readiness::Readiness(Executor* executor, const Clock* clock, raft::ReplicatedLog* log,
                     std::function<RecordOffset()> applied, std::function<bool()> has_room,
                     std::function<void(bool)> publish)
    : executor_(executor),
      clock_(clock),
      log_(log),
      applied_(std::move(applied)),
      has_room_(std::move(has_room)),
      publish_(std::move(publish)) {}

void Readiness::Start() {
  executor_->Post([this] {
    started_ = true;
    Check();
  });
}

void Readiness::Withdraw() {
  executor_->Post([this] {
    withdrawn_ = true;
    Set(false);
  });
}

void Readiness::OnLeaderChange(Epoch /*epoch*/, std::optional<NodeId> /*leader*/) {
  executor_->Post([this] { Check(); });
}

void Readiness::Check() {
  if (!started_ || checking_ || withdrawn_) return;
  checking_ = true;
  executor_->CancelTimer(timer_);
  log_->Describe([this](raft::QuorumStatus status) {
    executor_->Post([this, status = std::move(status)] { OnStatus(status); });
  });
}

void Readiness::OnStatus(const raft::QuorumStatus& status) {
  checking_ = false;
  if (withdrawn_) return;
  const bool refuses_changes = status.leader == status.self && !has_room_();
  Set(status.ready_offset.has_value() && applied_() >= *status.ready_offset && !refuses_changes);
  timer_ = executor_->PostAt(clock_->Now() + (ready_ ? kPauseWhileReady : kPauseWhileNotReady),
                             [this] { Check(); });
}

void Readiness::Set(bool ready) {
  if (std::exchange(ready_, ready) == ready) return;
  LOG(INFO) << (ready ? "ready" : "not ready");
  publish_(ready);
}

}  // namespace quorate::server
