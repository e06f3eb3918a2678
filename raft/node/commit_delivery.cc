#include "raft/node/commit_delivery.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quorate::raft {
namespace {

// Maximum size of one call of OnCommitted; a single larger entry is delivered alone.
constexpr size_t kBatchBytes = size_t{1} << 20;

}  // namespace

CommitDelivery::CommitDelivery(Executor* executor, const Clock* clock, DurableLog* log,
                               const LogView* view, FailureCallback on_failure)
    : executor_(executor),
      clock_(clock),
      log_(log),
      view_(view),
      on_failure_(std::move(on_failure)),
      commit_(view->first_index() - 1),
      delivered_(view->first_index() - 1) {}

void CommitDelivery::LoadSnapshot(const SnapshotMeta& snapshot) {
  CHECK_GE(snapshot.last_index, delivered_);
  delivered_ = snapshot.last_index;
  delivered_end_ = snapshot.id.end_offset;
  commit_ = std::max(commit_, delivered_);
  listener_->OnSnapshot(snapshot);
  Deliver({});
}

void CommitDelivery::CommitTo(LogIndex index) {
  CHECK_GE(index, commit_);
  commit_ = index;
  DeliverWhatIsDue();
}

void CommitDelivery::Claim(effect::Claim claim) {
  CHECK(!claimed_ && !pending_claim_);
  pending_claim_ = std::move(claim);
  Deliver({});
}

void CommitDelivery::Renounce(Epoch epoch) {
  pending_claim_.reset();
  if (std::exchange(claimed_, false)) listener_->OnRenounce(epoch);
}

void CommitDelivery::WhenDelivered(LogIndex index, ReadCallback done) {
  if (stopped_) return std::move(done)(absl::UnavailableError("this controller is stopping"));
  waiting_.emplace(index, std::move(done));
  Deliver({});
}

void CommitDelivery::Stop(const absl::Status& status) {
  stopped_ = true;
  for (auto& [index, done] : std::exchange(waiting_, {})) std::move(done)(status);
}

void CommitDelivery::DeliverWhatIsDue() {
  while (!reading_since_ && !stopped_ && delivered_ < commit_) {
    const LogIndex next = delivered_ + 1;
    const std::vector<EntryPtr> entries = view_->Slice(next, commit_, kBatchBytes);
    if (entries.empty()) {
      reading_since_ = clock_->Now();
      log_->Read(next, std::min(commit_, view_->cache_first() - 1), kBatchBytes,
                 [this, next](absl::StatusOr<std::vector<EntryPtr>> read) {
                   executor_->Post([this, next, read = std::move(read)]() mutable {
                     OnRead(next, std::move(read));
                   });
                 });
      return;
    }
    Deliver(entries);
  }
}

void CommitDelivery::OnRead(LogIndex from, absl::StatusOr<std::vector<EntryPtr>> entries) {
  reading_since_.reset();
  if (stopped_) return;
  // A snapshot passed what was being read, and the log may have dropped it.
  if (from != delivered_ + 1) return DeliverWhatIsDue();
  if (!entries.ok()) return on_failure_(entries.status());
  CHECK(!entries->empty() && entries->front()->index() == delivered_ + 1);
  Deliver(*entries);
  DeliverWhatIsDue();
}

void CommitDelivery::Deliver(const std::vector<EntryPtr>& entries) {
  if (!entries.empty()) {
    delivered_ = entries.back()->index();
    delivered_end_ = entries.back()->end_offset();
    listener_->OnCommitted(entries);
  }
  if (pending_claim_ && pending_claim_->barrier <= delivered_) {
    const effect::Claim claim = *std::exchange(pending_claim_, std::nullopt);
    claimed_ = true;
    listener_->OnClaim(claim.epoch, claim.end_offset, claim.has_voters, claim.voters);
  }
  while (!waiting_.empty() && waiting_.begin()->first <= delivered_) {
    ReadCallback done = std::move(waiting_.begin()->second);
    waiting_.erase(waiting_.begin());
    std::move(done)(delivered_end_);
  }
}

}  // namespace quorate::raft
