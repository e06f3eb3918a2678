// Delivers committed entries to the listener, in order and each once, from memory or from disk.
// Then it releases what waits for them: reads, and the claim of a new leader. It is separate from
// the driver because it goes at the pace of the disk.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "raft/api/durable_log.h"
#include "raft/api/replicated_log.h"
#include "raft/core/effect.h"
#include "raft/core/log_view.h"

namespace quorate::raft {

// Used on the raft loop only.
class CommitDelivery {
 public:
  using ReadCallback = absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&>;
  using FailureCallback = absl::AnyInvocable<void(absl::Status)>;

  // All pointers outlive the delivery. `on_failure` is called if committed entries cannot be read.
  CommitDelivery(Executor* executor, const Clock* clock, DurableLog* log, const LogView* view,
                 FailureCallback on_failure);

  // Must be called before anything else.
  void SetListener(ReplicatedLogListener* listener) { listener_ = listener; }

  // Calls OnSnapshot, then continues with the entries after the snapshot, whatever was delivered
  // before.
  // REQUIRES: the snapshot does not end before what was delivered.
  void LoadSnapshot(const SnapshotMeta& snapshot);
  // Delivers everything up to `index`, at once or as the disk returns it.
  void CommitTo(LogIndex index);

  // Calls OnClaim once the barrier is delivered, unless the claim is withdrawn before.
  void Claim(effect::Claim claim);
  // Withdraws a pending claim, or calls OnRenounce if OnClaim was called.
  void Renounce(Epoch epoch);
  // Whether OnClaim was called, and OnRenounce was not.
  bool is_claimed() const { return claimed_; }

  // Calls `done` with delivered_end() once everything up to `index` is delivered.
  void WhenDelivered(LogIndex index, ReadCallback done);
  // Delivers nothing more. Pending WhenDelivered calls are answered with `status`.
  void Stop(const absl::Status& status);

  // Since when the delivery has been waiting for the disk; nullopt if it is not waiting.
  std::optional<MonoTime> reading_since() const { return reading_since_; }

  LogIndex delivered_index() const { return delivered_; }
  // The end offset of what was delivered: the high watermark as users know it.
  RecordOffset delivered_end() const { return delivered_end_; }

 private:
  void DeliverWhatIsDue();
  void Deliver(const std::vector<EntryPtr>& entries);
  void OnRead(LogIndex from, absl::StatusOr<std::vector<EntryPtr>> entries);

  Executor* const executor_;
  const Clock* const clock_;
  DurableLog* const log_;
  const LogView* const view_;
  FailureCallback on_failure_;
  ReplicatedLogListener* listener_ = nullptr;

  LogIndex commit_;
  LogIndex delivered_;
  RecordOffset delivered_end_;
  std::optional<MonoTime> reading_since_;
  bool stopped_ = false;
  bool claimed_ = false;
  std::optional<effect::Claim> pending_claim_;
  std::multimap<LogIndex, ReadCallback> waiting_;
};

}  // namespace quorate::raft
