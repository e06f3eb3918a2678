// The nouns of the consensus layer. Raft's paper says term, index, learner; here they are epoch,
// index (LogIndex), observer (docs/GLOSSARY.md).
#pragma once

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "base/ids.h"

namespace quorate::raft {

// A replica's identity: a wiped disk under an old node id is another replica, so that a forgotten
// promise is never taken for a kept one (KIP-853).
struct ReplicaKey {
  NodeId node_id;
  Uuid directory_id;

  friend auto operator<=>(const ReplicaKey&, const ReplicaKey&) = default;
};

struct Voter {
  ReplicaKey key;
  // HOST:PORT of the peer listener when the set was written, as advertised; dialled by nodes whose
  // configuration does not list this one.
  std::string peer_endpoint;

  friend bool operator==(const Voter&, const Voter&) = default;
};

// No controller takes up an epoch beyond it from another one: whatever is said, enough are left for
// elections and for 'quorum recover'.
inline constexpr Epoch kMaxEpoch{2'000'000'000};
// Nor one that lies so far beyond its own. That many elections take months, each second one;
// 'quorum recover' skips far fewer.
inline constexpr int32_t kMaxEpochJump = 10'000'000;

// What a node must never forget: persisted before anything that depends on it leaves the node.
// `vote` is the vote in `epoch`; it changes only when the epoch grows or a vote is granted.
struct HardState {
  Epoch epoch;
  std::optional<ReplicaKey> vote;

  friend bool operator==(const HardState&, const HardState&) = default;
};

}  // namespace quorate::raft
