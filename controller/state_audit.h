// Whether the controllers hold the same state: pure rules for when each takes the hash of its
// image, what the active controller collects, and what a controller concludes. Replay is
// deterministic, so a difference is a broken memory, disk or program, and only comparing finds it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "raft/voter_set.h"

namespace quorate::controller {

// What one controller's image was at one place of the log.
struct StateReport {
  NodeId node;
  RecordOffset end_offset;
  // Hashes are comparable within one version.
  uint32_t metadata_version = 0;
  // metadata::StateHash.
  uint64_t hash = 0;

  friend bool operator==(const StateReport&, const StateReport&) = default;
};

// Whether the image is to be hashed behind an entry appended at `append_time_ms`, `before_ms` being
// that of the entry before: each first entry of an interval, so that all controllers choose the
// same ones without a word. The log's time never runs backwards.
bool IsAuditPlace(int64_t before_ms, int64_t append_time_ms, Duration interval);

// What the active controller was told. Old places are forgotten.
class StateTally {
 public:
  void Add(const StateReport& report);
  // By node; the newest of each.
  std::vector<StateReport> At(RecordOffset end_offset) const;

 private:
  std::map<RecordOffset, std::map<NodeId, StateReport>> reports_;
};

struct StateVerdict {
  enum class Kind {
    kSame,        // as far as is known
    kOthersFail,  // a majority of the voters is with this controller, and some are not
    kThisFails,   // a majority of the voters agrees on another state
    kUndecided,   // there is a difference, and no majority
  };
  Kind kind = Kind::kSame;
  // Who holds what, for people; empty where nobody differs.
  std::string text;
};

// What `own` means beside all `reports` of its place (its own may be among them). Observers are
// judged like everybody, but only voters judge: any number of observers may be started.
StateVerdict JudgeState(const StateReport& own, const std::vector<StateReport>& reports,
                        const raft::VoterSet& voters);

}  // namespace quorate::controller
