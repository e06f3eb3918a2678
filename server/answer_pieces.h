// The answer to a read, put together in pieces, so that no more of it is in memory than its bytes
// and one piece as objects. Each piece is a response of the same type; protobuf takes their bytes,
// one behind the other, for one response.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <optional>
#include <string>
#include <vector>

#include "google/protobuf/message.h"
#include "server/unary_call.h"

namespace quorate::server {

// On one thread. Takes room for the answer in the call that it is for.
class AnswerPieces {
 public:
  explicit AnswerPieces(UnaryCall* call) : call_(call) {}

  // Whether there is room for `bytes` of objects, the next piece. If not, the answer has failed and
  // needs no more pieces.
  bool HasRoomFor(size_t bytes) {
    if (!error_) error_ = call_->Reserve(length_ + bytes);
    return !error_;
  }

  void Add(const google::protobuf::Message& piece) {
    if (!HasRoomFor(piece.ByteSizeLong())) return;
    piece.AppendToString(&last_);
    length_ += piece.ByteSizeLong();
    if (last_.size() >= kSliceBytes) Cut();
  }

  // Why it has failed; nothing: it has not.
  const std::optional<common::v1::Error>& error() const { return error_; }

  grpc::ByteBuffer Take() {
    Cut();
    return grpc::ByteBuffer(slices_.data(), slices_.size());
  }

 private:
  static constexpr size_t kSliceBytes = size_t{256} << 10;

  void Cut() {
    slices_.emplace_back(last_);
    last_.clear();
  }

  UnaryCall* const call_;
  std::optional<common::v1::Error> error_;
  std::vector<grpc::Slice> slices_;
  std::string last_;
  size_t length_ = 0;
};

}  // namespace quorate::server
