// Decides how nodes that have no data become a cluster exactly once (docs/ARCHITECTURE.md, "A
// cluster founds itself once"). It is separate from the core because it ends before consensus
// begins. Until then the core does not stand for election, vote or acknowledge.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "raft/api/durable_log.h"
#include "raft/api/transport.h"
#include "raft/api/voter_set.h"
#include "raft/core/raft_options.h"

namespace quorate::raft {

// Collects what the configured voters say of themselves and decides when the cluster is founded.
// Owned by the core; not thread-safe.
class Founding {
 public:
  // Voters are missing. The text says which ones and why, for people.
  struct Waiting {
    std::string waiting_for;
  };
  // This set must be persisted and synced before the node takes part.
  struct Founded {
    VoterSet voters;
  };
  // The node must stop. The message names the remedy.
  struct Refused {
    absl::Status status;
  };
  using Outcome = std::variant<Waiting, Founded, Refused>;

  // For a node that has neither a log nor a persisted voter set.
  // REQUIRES: options.configured_voters contains options.self.
  explicit Founding(const RaftOptions& options);

  // Takes note of what a peer says of itself. Its latest Hello counts. Peers that are not
  // configured voters are ignored.
  void OnHello(const PeerHello& hello);

  Outcome Decide() const;

  // Checks whether the configuration fits what the node has on disk. Returns FAILED_PRECONDITION if
  // the configured voters are neither the log's latest ones, nor those of the founding, nor a list
  // that an earlier start accepted: an edited file never turns three nodes into five. Returns
  // INVALID_ARGUMENT if the configuration is not a list of voters that includes this node, and
  // DATA_LOSS if there is a log but no voter set. An observer need not be in its list, which only
  // says which nodes it dials.
  static absl::Status CheckConfiguration(const RaftOptions& options, const RestoredLog& restored);

 private:
  // Returns whether a replica with this node's id is a voter in the peer's set.
  bool IsVoterOf(const PeerHello& founded) const;
  // Returns a peer that has a log, else one that has a persisted set: its voter set decides.
  // Returns null if there is none.
  const PeerHello* FindFounded() const;

  Voter self_;
  uint32_t max_metadata_version_;
  // Ascending.
  std::vector<NodeId> configured_;
  std::map<NodeId, PeerHello> hellos_;
};

}  // namespace quorate::raft
