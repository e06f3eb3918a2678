// Checks that each message on a peer stream is allowed: first one Hello, then requests on
// streams that peers opened and responses on our own streams, each kind only on its stream class.
// Both ends of a stream use it.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "server/peer/message_mapping.h"

namespace quorate::server {

// Not thread-safe: each stream owns one, and gRPC delivers one message at a time.
class PeerStreamParser {
 public:
  enum class Expects { kRequests, kResponses };

  PeerStreamParser(raft::StreamClass stream, Expects expects)
      : stream_(stream), expects_(expects) {}

  // Returns the payload of `message`. The bytes of entries are moved out of `message`. The caller
  // ends the stream on an error. The failpoint peer.hello, which is hit at each Hello, can also
  // return an error.
  absl::StatusOr<PeerPayload> Parse(raft::v1::PeerMessage& message);

 private:
  const raft::StreamClass stream_;
  const Expects expects_;
  // The node that said Hello. If the Hello is refused later, no further message of the stream is
  // processed.
  std::optional<NodeId> speaker_;
};

}  // namespace quorate::server
