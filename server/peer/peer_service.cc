#include "server/peer/peer_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "server/calls/refused_stream.h"
#include "server/node/refused_error.h"

namespace quorate::server {
namespace {

constexpr char kNotUp[] = "this controller is starting or stopping";

// The error is sent in the response and not as a gRPC status, because a status could also mean that
// the connection broke.
void AnswerWithError(UnaryCall* call, common::v1::Error error) {
  raft::v1::ForwardResponse response;
  *response.mutable_error() = std::move(error);
  call->Answer(response);
}

// Keeps PeerTransport::Stop waiting while a handler runs.
class HandlerRun final : public PeerCall {
 public:
  void Close() override {}
  void Cancel() override {}
};

}  // namespace

PeerService::PeerService(ForwardHandler forward_handler, PeerInboundStream::Owner* owner,
                         Executor* executor, Executor* large_loop, const Clock* clock,
                         PeerCallRegistry* registry)
    : forward_handler_(std::move(forward_handler)),
      owner_(owner),
      executor_(executor),
      registry_(registry),
      receiving_({.max_receiving = kMaxReceivingPeers,
                  .max_of_connection = kMaxReceivingOfPeer,
                  .max_time = kMaxReceiveTime},
                 executor, clock),
      sends_(kMaxSendTime, executor, clock) {
  for (const raft::StreamClass stream_class : raft::kStreamClasses) {
    AddStream<raft::v1::PeerMessage, grpc::ByteBuffer>(
        PathOf(stream_class), [this, stream_class](grpc::CallbackServerContext* context) {
          return Accept(context, stream_class);
        });
  }
  AddUnary({.path = "/quorate.raft.v1.RaftService/Forward",
            .request_type = &raft::v1::ForwardRequest::default_instance(),
            .budget = &forwarded_,
            .queue = &receiving_,
            .sends = &sends_,
            .large_loop = large_loop,
            .serve =
                [this](UnaryCall* call, const UnaryMethod::MessagePtr& request) {
                  Forward(call, static_cast<const raft::v1::ForwardRequest&>(*request));
                },
            .refuse = AnswerWithError});
}

PeerService::PeerStreamReactor* PeerService::Accept(grpc::CallbackServerContext* context,
                                                    raft::StreamClass stream_class) {
  PeerInboundStream* stream =
      PeerInboundStream::Accept(context, stream_class, owner_, executor_, registry_);
  if (stream != nullptr) return stream;
  return new RefusedStream<raft::v1::PeerMessage, grpc::ByteBuffer>(
      grpc::Status(grpc::StatusCode::UNAVAILABLE, kNotUp));
}

void PeerService::Forward(UnaryCall* call, const raft::v1::ForwardRequest& request) {
  HandlerRun run;
  if (!registry_->Add(&run)) {
    AnswerWithError(call, MakeError(common::v1::CONTROLLER_NOT_AVAILABLE, kNotUp));
    return;
  }
  forward_handler_(request, [call](const raft::v1::ForwardResponse& answer) {
    if (const size_t bytes = answer.response().size(); bytes > kMaxAnswerBytes) {
      // Only here is it known that the response is too large to send, and the request may have been
      // executed.
      common::v1::Error error =
          MakeError(common::v1::MESSAGE_TOO_LARGE,
                    absl::StrFormat("the answer has %d bytes, and the limit is %d: check whether "
                                    "the request was executed, and ask for less at once",
                                    bytes, kMaxAnswerBytes));
      error.set_outcome(common::v1::UNKNOWN);
      AnswerWithError(call, std::move(error));
    } else {
      call->Answer(answer);
    }
  });
  registry_->Remove(&run);
}

}  // namespace quorate::server
