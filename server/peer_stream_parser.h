// What may come on a peer stream, and when: Hello first and once, then questions on the streams
// that peers opened and answers on our own, each kind on its class. The same for both ends.
#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "server/message_mapping.h"

namespace quorate::server {

// Not thread-safe: each stream owns one, and gRPC tells of one message at a time.
class PeerStreamParser {
 public:
  enum class Expects { kQuestions, kAnswers };

  PeerStreamParser(raft::StreamClass stream, Expects expects)
      : stream_(stream), expects_(expects) {}

  // The bytes of entries are moved out of `message`. An error ends the stream; it may also be the
  // failpoint peer.hello, passed with each Hello.
  absl::StatusOr<PeerPayload> Parse(raft::v1::PeerMessage& message);

 private:
  const raft::StreamClass stream_;
  const Expects expects_;
  // Who said Hello. It may turn out to be refused; then nothing that it sent is looked at.
  std::optional<NodeId> speaker_;
};

}  // namespace quorate::server
