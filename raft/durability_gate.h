// Which of the core's writes have reached the disk, and what waits for them. Apart from the log's
// content, because promises (epochs, votes) pass through here too.
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "raft/durable_log.h"
#include "raft/effect.h"

namespace quorate::raft {

// Writes finish in the order in which they were issued.
class DurabilityGate {
 public:
  explicit DurabilityGate(LogIndex durable_index) : durable_index_(durable_index) {}

  // The id that the next write will have.
  WriteId next_id() const { return completed_ + pending_.size() + 1; }

  // The write next_id() went to the disk; once it is done, the log up to `last_index` is durable.
  void Issued(LogIndex last_index, MonoTime now);

  // The log was cut after `index`: writes under way prove nothing beyond it any more, whatever is
  // appended there next (etcd raft: an old write's completion blessed newer entries).
  void TruncatedAfter(LogIndex index);

  // The write `id` is done. Returns what waited for it, in order. REQUIRES: writes finish in order.
  std::vector<effect::Reply> Completed(WriteId id);

  bool IsDurable(WriteId id) const { return id <= completed_; }
  LogIndex durable_index() const { return durable_index_; }

  // The write after which the log is durable up to `index`; next_id() if none issued so far does.
  WriteId Covering(LogIndex index) const;

  // Holds `reply` back until `id` is done. REQUIRES: !IsDurable(id).
  void Hold(WriteId id, effect::Reply reply);

  // When the oldest unfinished write was issued; nothing: none is under way.
  std::optional<MonoTime> OldestIssue() const;

 private:
  struct Pending {
    LogIndex last_index;
    MonoTime issued;
  };

  WriteId completed_ = 0;
  LogIndex durable_index_;
  // The write completed_ + 1 first. last_index never falls from one to the next.
  std::deque<Pending> pending_;
  // By the write waited for.
  std::deque<std::pair<WriteId, effect::Reply>> held_;
};

}  // namespace quorate::raft
