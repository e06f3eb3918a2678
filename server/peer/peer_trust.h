// Decides how far the Hello of a peer is believed. A Hello names a node id and a directory id,
// which any process can claim. Only a replica in the voter set may speak as a voter.
#pragma once

#include <algorithm>
#include <optional>
#include <vector>

#include "raft/api/voter_set.h"

namespace quorate::server {

enum class PeerTrust {
  // The voter set names this very replica.
  kVoter,
  // Its node id is a voter's, but its directory id is not that voter's; or this node knows no voter
  // set yet, and the configuration names the node id. A stream that such a peer opened changes
  // nothing here. If we dialled an address that we trust, the address is the proof instead.
  kUnproven,
  // It claims no voter's node id: an observer, or a voter that this node does not know yet.
  kObserver,
};

// `voters` is the voter set in effect as far as this node knows; nullopt if it knows none.
// `configured` lists the voters of this node's configuration.
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
