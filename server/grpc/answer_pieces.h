// Builds the answer to a read from pieces, so that memory holds only the encoded bytes and one
// piece as protobuf objects. Each piece is a message of the response's type. Protobuf parses
// concatenated messages of one type as one merged message, so the client sees a single response.
#pragma once

#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/slice.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"
#include "server/calls/unary_call.h"

namespace quorate::server {

// Collects the pieces of one answer, and reserves room for them in the budget of their call. Not
// thread-safe.
class AnswerPieces {
 public:
  explicit AnswerPieces(UnaryCall* call) : call_(call) {}

  // Reserves room for the next piece, which takes `bytes` as protobuf objects. Returns whether
  // there was enough room. If not, the answer has failed and needs no more pieces.
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

  // Makes the answer an error, unless it has failed already.
  void Fail(common::v1::Error error) {
    if (!error_) error_ = std::move(error);
  }

  // Returns why the answer has failed, or nullopt if it has not.
  const std::optional<common::v1::Error>& error() const { return error_; }

  // Returns the encoded answer. Call once, after the last Add.
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
