// Pure rules that check whether all controllers hold the same state: when each hashes its image,
// what the active controller collects, and what a controller concludes. Replay is deterministic, so
// a difference means faulty memory, a faulty disk or a bug. Only a comparison finds it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "raft/api/entry.h"
#include "raft/api/voter_set.h"

namespace quorate::controller {

// One controller's state at one offset of the log.
struct StateReport {
  NodeId node;
  RecordOffset end_offset;
  // Hashes can be compared only within one version.
  uint32_t metadata_version = 0;
  // metadata::StateHash.
  uint64_t hash = 0;

  friend bool operator==(const StateReport&, const StateReport&) = default;
};

// The log's offsets are divided into stretches of this many records.
inline constexpr int64_t kRecordsBetweenAudits = 10'000;

// Returns whether the image is hashed after `entry`. It is hashed at the first entry of each
// interval of the log's time, and at each entry that ends in another stretch of offsets than it
// begins in. All controllers thus choose the same entries without exchanging messages.
//
// Offsets are needed because the log's time never runs backwards: after a clock that jumped ahead,
// it may stand still for years. `before_ms` is the time of the preceding entry; nullopt if it is
// unknown, so that only offsets count.
bool IsAuditPlace(std::optional<int64_t> before_ms, const raft::EntryHeader& entry,
                  Duration interval);

// The reports that the active controller has received. Reports of old places are dropped.
class StateTally {
 public:
  void Add(const StateReport& report);
  // Returns the newest report of each node, sorted by node.
  std::vector<StateReport> At(RecordOffset end_offset) const;

 private:
  std::map<RecordOffset, std::map<NodeId, StateReport>> reports_;
};

struct StateVerdict {
  enum class Kind {
    kSame,        // no difference is known
    kOthersFail,  // a majority of the voters agrees with this controller, and others do not
    kThisFails,   // a majority of the voters agrees on another state
    kUndecided,   // there is a difference and no majority
  };
  Kind kind = Kind::kSame;
  // Which controller holds which state, for people. Empty if there is no difference.
  std::string text;
};

// Compares `own` with all `reports` of its place (which may include its own). Observers are judged
// like voters, but only voters count for the majority, because any number of observers may be
// started.
StateVerdict JudgeState(const StateReport& own, const std::vector<StateReport>& reports,
                        const raft::VoterSet& voters);

}  // namespace quorate::controller
