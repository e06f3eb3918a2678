#include "server/peer_service.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "server/refused_error.h"
#include "server/refused_stream.h"

namespace quorate::server {
namespace {

constexpr char kNotUp[] = "this controller is starting or stopping";

// In the answer, not as a status: a status could also mean that the connection broke.
void AnswerWithError(UnaryCall* call, common::v1::Error error) {
  raft::v1::ForwardResponse response;
  *response.mutable_error() = std::move(error);
  call->Answer(response);
}

// Keeps the transport from being stopped while a handler runs.
class HandlerRun final : public PeerCall {
 public:
  void Close() override {}
  void Cancel() override {}
};

}  // namespace

PeerService::PeerService(PeerInboundStream::Owner* owner, Executor* executor, const Clock* clock,
                         PeerCallRegistry* registry)
    : owner_(owner),
      executor_(executor),
      registry_(registry),
      receiving_({.max_receiving = kMaxReceivingPeers,
                  .max_of_connection = kMaxReceivingOfPeer,
                  .max_time = kMaxReceiveTime},
                 executor, clock),
      sends_(kMaxSendTime, executor, clock) {
  const auto add = [this](const char* path, raft::StreamClass stream_class) {
    AddStream<raft::v1::PeerMessage, raft::v1::PeerMessage>(
        path, [this, stream_class](grpc::CallbackServerContext* context) {
          return Accept(context, stream_class);
        });
  };
  add("/quorate.raft.v1.RaftService/Control", raft::StreamClass::kControl);
  add("/quorate.raft.v1.RaftService/Append", raft::StreamClass::kAppend);
  add("/quorate.raft.v1.RaftService/Snapshot", raft::StreamClass::kSnapshot);
  AddUnary({.path = "/quorate.raft.v1.RaftService/Forward",
            .request_type = &raft::v1::ForwardRequest::default_instance(),
            .room = &forwarded_,
            .queue = &receiving_,
            .sends = &sends_,
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
  return new RefusedStream<raft::v1::PeerMessage, raft::v1::PeerMessage>(
      grpc::Status(grpc::StatusCode::UNAVAILABLE, kNotUp));
}

void PeerService::Forward(UnaryCall* call, const raft::v1::ForwardRequest& request) {
  HandlerRun run;
  if (forward_handler_ == nullptr || !registry_->Add(&run)) {
    AnswerWithError(call, MakeError(common::v1::CONTROLLER_NOT_AVAILABLE, kNotUp));
    return;
  }
  forward_handler_(request, [call](const raft::v1::ForwardResponse& answer) {
    if (const size_t bytes = answer.response().size(); bytes > kMaxAnswerBytes) {
      // It is known only here that the answer cannot be carried, and the request may be done.
      common::v1::Error error =
          MakeError(common::v1::MESSAGE_TOO_LARGE,
                    absl::StrFormat("the answer of %d bytes is above the limit of %d: look what "
                                    "became of the request, and ask for less at once",
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
