#include "server/peer_service.h"

#include <utility>

namespace quorate::server {
namespace {

constexpr char kNotUp[] = "this controller is starting or stopping";

// Ends a stream that is not taken.
class RefusedStream final : public PeerService::PeerStreamReactor {
 public:
  RefusedStream() { Finish(grpc::Status(grpc::StatusCode::UNAVAILABLE, kNotUp)); }
  void OnDone() override { delete this; }
};

// Keeps the transport from being stopped while a handler runs.
class HandlerRun final : public PeerCall {
 public:
  void Close() override {}
  void Cancel() override {}
};

}  // namespace

PeerService::PeerStreamReactor* PeerService::Control(grpc::CallbackServerContext* context) {
  return Accept(context, raft::StreamClass::kControl);
}

PeerService::PeerStreamReactor* PeerService::Append(grpc::CallbackServerContext* context) {
  return Accept(context, raft::StreamClass::kAppend);
}

PeerService::PeerStreamReactor* PeerService::Snapshot(grpc::CallbackServerContext* context) {
  return Accept(context, raft::StreamClass::kSnapshot);
}

PeerService::PeerStreamReactor* PeerService::Accept(grpc::CallbackServerContext* context,
                                                    raft::StreamClass stream_class) {
  PeerInboundStream* stream =
      PeerInboundStream::Accept(context, stream_class, owner_, executor_, registry_);
  if (stream != nullptr) return stream;
  return new RefusedStream();
}

grpc::ServerUnaryReactor* PeerService::Forward(grpc::CallbackServerContext* context,
                                               const raft::v1::ForwardRequest* request,
                                               raft::v1::ForwardResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  HandlerRun run;
  if (forward_handler_ == nullptr || !registry_->Add(&run)) {
    // In the answer, not as a status: a status could also mean that the connection broke.
    common::v1::Error& error = *response->mutable_error();
    error.set_code(common::v1::CONTROLLER_NOT_AVAILABLE);
    error.set_message(kNotUp);
    error.set_outcome(common::v1::REFUSED);
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
  forward_handler_(*request, [reactor, response](raft::v1::ForwardResponse answer) {
    *response = std::move(answer);
    reactor->Finish(grpc::Status::OK);
  });
  registry_->Remove(&run);
  return reactor;
}

}  // namespace quorate::server
