// The basic types of the consensus layer. Raft's paper says term, index and learner; this code says
// epoch, LogIndex and observer (docs/GLOSSARY.md).
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "base/ids.h"

namespace quorate::raft {

// Identifies a replica. A wiped disk under an old node id is another replica, so that a promise
// that was lost with the disk is never taken for one that is kept (KIP-853).
struct ReplicaKey {
  NodeId node_id;
  Uuid directory_id;

  friend auto operator<=>(const ReplicaKey&, const ReplicaKey&) = default;
};

// The lowest metadata version at which the log holds client and Kafka endpoints of voters. Older
// programs refuse a voter set with them.
inline constexpr uint32_t kVoterEndpointsVersion = 2;

struct Voter {
  ReplicaKey key;
  // HOST:PORT of the voter's listeners, as advertised when the set was written. Nodes whose
  // configuration does not list the voter dial the peer endpoint. An endpoint that is not known is
  // empty.
  std::string peer_endpoint;
  std::string client_endpoint;
  std::string kafka_endpoint;

  friend bool operator==(const Voter&, const Voter&) = default;
};

// A controller adopts no epoch above this one from another controller. Whatever a peer claims,
// enough epochs are left for elections and for 'quorum recover'.
inline constexpr Epoch kMaxEpoch{2'000'000'000};
// Nor does it adopt an epoch that is more than this far above its own. At one election a second, so
// many elections take months; 'quorum recover' skips far fewer epochs.
inline constexpr int32_t kMaxEpochJump = 10'000'000;

// What a node must never forget. It is persisted before anything that depends on it leaves the
// node. `vote` is the vote in `epoch`; it changes only when the epoch grows or a vote is granted.
struct HardState {
  Epoch epoch;
  std::optional<ReplicaKey> vote;

  friend bool operator==(const HardState&, const HardState&) = default;
};

}  // namespace quorate::raft
