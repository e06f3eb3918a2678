// Hello, the first message on a peer stream: it names the node at the other end. This file parses
// it and decides whether this node accepts it, and with which error it refuses it. All of it is
// pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "raft/api/transport.h"

namespace quorate::server {

// Field meanings: raft_service.proto.
struct Hello {
  std::string cluster_id;
  // The node that the speaker believes it talks to.
  NodeId expected_node;
  uint64_t session_id = 0;
  // 0 if the speaker did not name one (an older build).
  uint64_t incarnation = 0;
  raft::PeerHello speaker;

  NodeId from() const { return speaker.key.node_id; }
};

raft::v1::Hello ToProto(const Hello& hello);

// Bounds of a Hello, far above what any cluster has.
inline constexpr int kMaxHelloVoters = 128;
inline constexpr size_t kMaxHelloEndpointBytes = 300;

// Returns INVALID_ARGUMENT, naming the field, if a value is invalid. The result is safe to use and
// to log without further checks, except that cluster_id is compared only by CheckHello.
absl::StatusOr<Hello> FromProto(const raft::v1::Hello& proto);

// Converts the voter set of any message, with the same bounds.
raft::v1::VoterSet ToProto(const raft::VoterSet& voters);
absl::StatusOr<raft::VoterSet> FromProto(const raft::v1::VoterSet& proto);

// What CheckHello compares a Hello with.
struct HelloPolicy {
  std::string cluster_id;
  NodeId self;
  // The voters of the configuration.
  std::vector<NodeId> voters;
};

// Returns OK if all of these hold, otherwise FAILED_PRECONDITION with the remedy:
//
// - The speaker is another node of this cluster.
// - It means to talk to this node.
// - It is the node that we dialled, if we opened the stream (`dialled`).
// - It is a voter of our configuration, is an observer, or has a log.
//
// The message does not change from one attempt to the next, so that repeated ones can be
// suppressed.
absl::Status CheckHello(const Hello& hello, const HelloPolicy& policy,
                        std::optional<NodeId> dialled = std::nullopt);

}  // namespace quorate::server
