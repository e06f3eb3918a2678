// Parses the bytes that a peer stream sends, for tests.
#pragma once

#include <string>

#include "base/check.h"
#include "grpcpp/support/slice.h"
#include "server/peer/message_bytes.h"

namespace quorate::server {

// Returns the bytes of `buffer` in one string.
inline std::string Flatten(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  CHECK(buffer.DumpToSingleSlice(&slice).ok());
  return std::string(slice.begin(), slice.end());
}

// Returns the message that a peer receives if `payload` is sent.
inline raft::v1::PeerMessage ParseMessage(const PeerPayload& payload) {
  raft::v1::PeerMessage message;
  CHECK(message.ParseFromString(Flatten(ToBytes(payload))));
  return message;
}

}  // namespace quorate::server
