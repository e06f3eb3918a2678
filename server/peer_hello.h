// Hello: who speaks at the other end of a peer stream, and whether we talk to it. Apart from the
// streams because it is pure: what is refused, and in which words, is decided here alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ids.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "raft/transport.h"

namespace quorate::server {

// Field meanings: raft_service.proto.
struct Hello {
  std::string cluster_id;
  // Whom the speaker believes to talk to.
  NodeId expected_node;
  std::string client_endpoint;
  uint64_t session_id = 0;
  // 0: not told.
  uint64_t incarnation = 0;
  raft::PeerHello speaker;

  NodeId from() const { return speaker.key.node_id; }
};

raft::v1::Hello ToProto(const Hello& hello);

// Bounds of a Hello, far above what any cluster has.
inline constexpr int kMaxHelloVoters = 128;
inline constexpr size_t kMaxHelloEndpointBytes = 300;

// INVALID_ARGUMENT names the field that cannot be. Nothing in the result needs another check before
// it is used or logged, except that only CheckHello compares cluster_id.
absl::StatusOr<Hello> FromProto(const raft::v1::Hello& proto);

// A voter set in a message of any kind, under the same bounds.
raft::v1::VoterSet ToProto(const raft::VoterSet& voters);
absl::StatusOr<raft::VoterSet> FromProto(const raft::v1::VoterSet& proto);

// Whom a node accepts.
struct HelloPolicy {
  std::string cluster_id;
  NodeId self;
  // The voters of the configuration.
  std::vector<NodeId> voters;
};

// FAILED_PRECONDITION, with the remedy, unless the speaker is another node of our cluster, means
// this node, is whom we dialled (`dialled`, where we did), and is a voter of our configuration, an
// observer, or has the log.
// The message depends on nothing that changes from one attempt to the next.
absl::Status CheckHello(const Hello& hello, const HelloPolicy& policy,
                        std::optional<NodeId> dialled = std::nullopt);

}  // namespace quorate::server
