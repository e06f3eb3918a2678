// Converts raft/'s messages to the protos of quorate.raft.v1 and back. Besides this file,
// only message_bytes.h knows both.
#pragma once

#include <variant>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "raft/api/message.h"
#include "raft/api/transport.h"
#include "server/peer/peer_hello.h"

namespace quorate::server {

struct Goodbye {
  raft::GoodbyeReason reason = raft::GoodbyeReason::kReconnecting;
  Epoch epoch;

  friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

// One message on a peer stream. Hello is the first message of a stream and is sent once.
using PeerPayload = std::variant<Hello, Goodbye, raft::Message>;

// Returns the message without the entries of an AppendRequest. ToBytes (message_bytes.h) adds them.
raft::v1::PeerMessage ToProtoWithoutEntries(const PeerPayload& payload);

// Parses a message that `from` sent, and moves the bytes of entries out of `proto`. It verifies the
// checksum of every entry, which is too slow for an event loop. `from` is the sender's node id as
// the stream knows it, whatever a Hello claims. Returns INVALID_ARGUMENT if the message is not
// valid, and DATA_LOSS if an entry is damaged.
absl::StatusOr<PeerPayload> FromProto(NodeId from, raft::v1::PeerMessage& proto);

// Returns the path of the gRPC method whose streams are of this class.
const char* PathOf(raft::StreamClass stream);

// Returns whether `message` is a request. Requests are sent on a stream that the sender opened;
// responses are sent on the stream on which the request arrived.
bool IsRequest(const raft::Message& message);

}  // namespace quorate::server
