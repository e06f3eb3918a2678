#include "server/peer/peer_stream_parser.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "base/overloaded.h"

namespace quorate::server {

absl::StatusOr<PeerPayload> PeerStreamParser::Parse(raft::v1::PeerMessage& message) {
  if (message.has_hello() == speaker_.has_value()) {
    return absl::InvalidArgumentError(speaker_ ? "a second Hello"
                                               : "the first message is not a Hello");
  }
  ASSIGN_OR_RETURN(PeerPayload payload, FromProto(speaker_.value_or(NodeId()), message));
  RETURN_IF_ERROR(std::visit(
      Overloaded{[this](const Hello& hello) {
                   speaker_ = hello.from();
                   return Failpoint("peer.hello");
                 },
                 [this](const Goodbye&) {
                   return stream_ == raft::StreamClass::kControl
                              ? absl::OkStatus()
                              : absl::InvalidArgumentError("Goodbye belongs on the control stream");
                 },
                 [this](const raft::Message& value) {
                   const bool is_request = expects_ == Expects::kRequests;
                   return StreamOf(value) == stream_ && IsRequest(value) == is_request
                              ? absl::OkStatus()
                              : absl::InvalidArgumentError(absl::StrFormat(
                                    "%s does not belong on this stream", raft::ToString(value)));
                 }},
      payload));
  return payload;
}

}  // namespace quorate::server
