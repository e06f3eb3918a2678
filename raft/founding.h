// How nodes that have nothing become a cluster exactly once (docs/ARCHITECTURE.md, "A cluster
// founds itself once"). Apart from the core because it is over before consensus begins: until then
// the core neither stands, votes nor acknowledges.
#pragma once

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "raft/durable_log.h"
#include "raft/raft_options.h"
#include "raft/transport.h"
#include "raft/voter_set.h"

namespace quorate::raft {

class Founding {
 public:
  // Somebody is missing; the text says who, and why, for people.
  struct Waiting {
    std::string waiting_for;
  };
  // This set is to be persisted, synced, before the node takes part.
  struct Founded {
    VoterSet voters;
  };
  // The node must stop; the message names the remedy.
  struct Refused {
    absl::Status status;
  };
  using Outcome = std::variant<Waiting, Founded, Refused>;

  // For a node that has neither a log nor a persisted voter set.
  // REQUIRES: options.configured_voters contains options.self.
  explicit Founding(const RaftOptions& options);

  // What a peer says of itself; its latest Hello counts. Others than configured voters are ignored.
  void OnHello(const PeerHello& hello);

  Outcome Decide() const;

  // Whether the configuration fits what the node has on disk. FAILED_PRECONDITION: the configured
  // voters are neither the log's latest ones, nor those of the founding, nor a list that an earlier
  // start accepted: three nodes never become five by an edited file. INVALID_ARGUMENT: the
  // configuration is no list of voters that includes this node. DATA_LOSS: there is a log, and no
  // voter set. An observer need not be in its list, which only says whom it dials.
  static absl::Status CheckConfiguration(const RaftOptions& options, const RestoredLog& restored);

 private:
  // Whether a replica with our node id is a voter there.
  bool IsVoterOf(const PeerHello& founded) const;
  // Of the peers that have a log or a persisted set, or nothing: this one's set decides.
  const PeerHello* FindFounded() const;

  Voter self_;
  // Ascending.
  std::vector<NodeId> configured_;
  std::map<NodeId, PeerHello> hellos_;
};

}  // namespace quorate::raft
