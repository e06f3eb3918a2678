// raft's messages as quorate.raft.v1 and back: the only place that knows both.
#pragma once

#include <variant>

#include "absl/status/statusor.h"
#include "base/ids.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "raft/message.h"
#include "raft/transport.h"
#include "server/peer_hello.h"

namespace quorate::server {

struct Goodbye {
  raft::GoodbyeReason reason = raft::GoodbyeReason::kReconnecting;
  Epoch epoch;

  friend bool operator==(const Goodbye&, const Goodbye&) = default;
};

// What a peer stream carries. Hello comes first, and once.
using PeerPayload = std::variant<Hello, Goodbye, raft::Message>;

raft::v1::PeerMessage ToProto(const PeerPayload& payload);

// Parses what `from` sent (whatever it claims in a Hello). The bytes of entries are moved out of
// `proto`, and every entry's checksum is verified, so this is no work for a loop.
// INVALID_ARGUMENT: the message cannot be; DATA_LOSS: an entry is damaged.
absl::StatusOr<PeerPayload> FromProto(NodeId from, raft::v1::PeerMessage& proto);

// A question travels on the asker's own stream, anything else is an answer on somebody else's.
bool IsQuestion(const raft::Message& message);

}  // namespace quorate::server
