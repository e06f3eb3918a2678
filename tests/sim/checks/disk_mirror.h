// Mirrors the durable and the written state of one replica's disk. Promises are checked against it.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/clock.h"
#include "raft/api/durable_log.h"
#include "tests/sim/checks/log_mirror.h"

namespace quorate::sim {

// The state that writes of a log change.
struct DiskState {
  raft::HardState hard_state;
  // The voter set that was persisted at the founding, or an empty set.
  raft::VoterSet founding_voters;
  LogMirror log;

  // The current voter set: the latest one in the log, or else the founding set.
  const raft::VoterSet& voters() const {
    return log.voters_index() > LogIndex(0) ? log.voters() : founding_voters;
  }
  // Applies a write. `committed` provides the entries that an installed snapshot covers. Same
  // requirements as LogMirror.
  void Apply(const raft::LogWrite& write, const LogMirror& committed);
};

class DiskMirror {
 public:
  // `committed` is the committed log of the cluster. It outlives the mirror.
  explicit DiskMirror(const LogMirror* committed) : committed_(*committed) {}

  // The core's view: every issued write is applied.
  const DiskState& written() const { return written_; }
  // The state that survives a power loss at least.
  const DiskState& durable() const { return durable_; }
  // Returns when the oldest write that is not durable was issued, or nullopt if all are durable.
  std::optional<MonoTime> OldestPending() const;

  // REQUIRES: ids are 1, 2, … for each process.
  void Write(const raft::LogWrite& write, MonoTime now);
  // Called when the disk reports that the write and all earlier ones are durable.
  void Complete(raft::WriteId id);

  // What a new process knows about the disk that it opened.
  struct Opened {
    raft::HardState hard_state;
    LogIndex last_index;
    EntryMark last;
    raft::VoterSet voters;
  };
  // Called when a new process has opened the disk. It must find the durable state, plus a prefix of
  // the complete writes that were in flight. Returns nullopt if it does, else a description of the
  // error.
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
