// What one replica's disk holds for certain, and what it was asked to hold: the truth against which
// promises are checked.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/clock.h"
#include "raft/durable_log.h"
#include "tests/sim/checks/log_mirror.h"

namespace quorate::sim {

// All that a log's writes change.
struct DiskState {
  raft::HardState hard_state;
  // The voter set that was persisted at the founding; empty: none.
  raft::VoterSet founding_voters;
  LogMirror log;

  // The set that governs: the log's latest, else the founding one.
  const raft::VoterSet& voters() const {
    return log.voters_index() > LogIndex(0) ? log.voters() : founding_voters;
  }
  // `committed` holds what an installed snapshot stands for. REQUIRES: what LogMirror does.
  void Apply(const raft::LogWrite& write, const LogMirror& committed);
};

class DiskMirror {
 public:
  // `committed`: what is committed in the cluster; it outlives the mirror.
  explicit DiskMirror(const LogMirror* committed) : committed_(*committed) {}

  // As the core believes: every write it issued is applied.
  const DiskState& written() const { return written_; }
  // As a power loss would leave it at least.
  const DiskState& durable() const { return durable_; }
  // When the oldest write that is not durable was issued; nothing: all are.
  std::optional<MonoTime> OldestPending() const;

  // REQUIRES: ids are 1, 2, … for each process.
  void Write(const raft::LogWrite& write, MonoTime now);
  // The disk says that the write is durable, and so is every one before it.
  void Complete(raft::WriteId id);

  // What a new process must be able to tell of the disk that it opened.
  struct Opened {
    raft::HardState hard_state;
    LogIndex last_index;
    EntryMark last;
    raft::VoterSet voters;
  };
  // A new process opened the disk: what was durable is there, then of the writes that were under
  // way some first ones, whole. Nothing: so it is; else what is wrong.
  std::optional<std::string> Open(const Opened& found);

 private:
  struct Pending {
    raft::LogWrite write;
    MonoTime issued;
  };
  void CompleteFirst();

  const LogMirror& committed_;
  DiskState written_;
  DiskState durable_;
  bool opened_ = false;
  std::deque<Pending> pending_;
};

}  // namespace quorate::sim
