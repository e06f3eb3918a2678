// Whether the controllers hold the same state: pure rules for when each takes the hash of its
// image, what the active controller collects, and what a controller concludes. Replay is
// deterministic, so a difference is a broken memory, disk or program, and only comparing finds it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "raft/entry.h"
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

// The log's offsets are divided into stretches of so many records.
inline constexpr int64_t kRecordsBetweenAudits = 10'000;

// Whether the image is hashed behind `entry`: at each first entry of an interval of the log's time,
// and at each entry that ends in another stretch of offsets than it begins in, so that all
// controllers choose the same ones without a word. Offsets are what remains where the log's time
// stands still: it never runs backwards, so after a clock that jumped ahead it waits for years.
// `before_ms` is the time of the entry before; nothing: not known, so that only offsets count.
bool IsAuditPlace(std::optional<int64_t> before_ms, const raft::EntryHeader& entry,
                  Duration interval);

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
