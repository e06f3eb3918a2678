// Tracks which of the core's writes have reached the disk, and holds back the replies that wait for
// them. It is separate from the content of the log because promises (epochs, votes) pass through it
// too.
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "raft/api/durable_log.h"
#include "raft/core/effect.h"

namespace quorate::raft {

// Writes finish in the order in which they were issued.
class DurabilityGate {
 public:
  explicit DurabilityGate(LogIndex durable_index) : durable_index_(durable_index) {}

  // The id of the next write.
  WriteId next_id() const { return completed_ + pending_.size() + 1; }

  // The write next_id() was issued. Once it is done, the log is durable up to `last_index`.
  void Issued(LogIndex last_index, MonoTime now);

  // The log was truncated after `index`. Writes under way no longer prove anything beyond it,
  // whatever is appended there next (etcd raft: the completion of an old write was counted for
  // newer entries).
  void TruncatedAfter(LogIndex index);

  // The write `id` is done. Returns the replies that waited for it, in order. REQUIRES: writes
  // finish in order.
  std::vector<effect::Reply> Completed(WriteId id);

  bool IsDurable(WriteId id) const { return id <= completed_; }
  LogIndex durable_index() const { return durable_index_; }

  // Returns the write after which the log is durable up to `index`; next_id() if no write so far
  // covers it.
  WriteId Covering(LogIndex index) const;

  // Holds `reply` back until the write `id` is done. REQUIRES: !IsDurable(id).
  void Hold(WriteId id, effect::Reply reply);

  // Returns when the oldest unfinished write was issued; nullopt if none is under way.
  std::optional<MonoTime> OldestIssue() const;

 private:
  struct Pending {
    LogIndex last_index;
    MonoTime issued;
  };

  WriteId completed_ = 0;
  LogIndex durable_index_;
  // Begins with the write completed_ + 1. last_index never falls from one write to the next.
  std::deque<Pending> pending_;
  // Ordered by the write that each reply waits for.
  std::deque<std::pair<WriteId, effect::Reply>> held_;
};

}  // namespace quorate::raft
