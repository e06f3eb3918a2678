// How far the Hello of a peer is believed. A Hello names a node id and a directory id, which
// everybody can claim; only a replica that the voter set names may speak as a voter.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "raft/voter_set.h"

namespace quorate::server {

enum class PeerTrust {
  // The voter set names this very replica.
  kVoter,
  // Its node id belongs to a voter, and the directory id is not that voter's; or no voter set is
  // known yet, and the configuration names the node id. A stream that it opened changes nothing
  // here. Where we dialled an address that we trust, the address is the proof.
  kUnproven,
  // It speaks for nobody else: an observer, or a voter that this node has not heard of yet.
  kObserver,
};

// `voters`: the set that governs, as far as this node knows; nothing: it knows none.
// `configured`: the voters of this node's configuration.
inline PeerTrust TrustOf(const raft::ReplicaKey& key, const std::optional<raft::VoterSet>& voters,
                         const std::vector<NodeId>& configured) {
  if (!voters) {
    const bool is_configured =
        std::find(configured.begin(), configured.end(), key.node_id) != configured.end();
    return is_configured ? PeerTrust::kUnproven : PeerTrust::kObserver;
  }
  if (voters->Contains(key)) return PeerTrust::kVoter;
  return voters->FindByNodeId(key.node_id) != nullptr ? PeerTrust::kUnproven : PeerTrust::kObserver;
}

}  // namespace quorate::server
