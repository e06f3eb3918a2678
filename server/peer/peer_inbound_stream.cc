#include "server/peer/peer_inbound_stream.h"

#include <utility>

namespace quorate::server {
namespace {

raft::SessionId NextSessionId() {
  static std::atomic<raft::SessionId> last = 0;
  return ++last;
}

std::string HostOf(const std::string& peer) { return peer.substr(0, peer.rfind(':')); }

}  // namespace

PeerInboundStream* PeerInboundStream::Accept(grpc::CallbackServerContext* context,
                                             raft::StreamClass stream_class, Owner* owner,
                                             Executor* executor, PeerCallRegistry* registry) {
  std::shared_ptr<PeerInboundStream> stream(
      new PeerInboundStream(context, stream_class, owner, executor, registry));
  if (!registry->Add(stream.get())) return nullptr;
  stream->self_ = stream;
  executor->Post([stream] { stream->owner_->OnOpened(stream); });
  stream->StartReading();
  // The stream lives at least until OnDone, which gRPC cannot call before this returns the reactor
  // to it.
  return stream.get();
}

PeerInboundStream::PeerInboundStream(grpc::CallbackServerContext* context,
                                     raft::StreamClass stream_class, Owner* owner,
                                     Executor* executor, PeerCallRegistry* registry)
    : PeerStream(stream_class, PeerStreamParser::Expects::kRequests),
      id_(NextSessionId()),
      remote_host_(HostOf(context->peer())),
      caller_(CallerOf(*context->auth_context())),
      context_(context),
      owner_(owner),
      executor_(executor),
      registry_(registry) {}

void PeerInboundStream::Refuse(const absl::Status& why) {
  MutexLock lock(&mutex_);
  if (closing_ || ended_) return;
  final_status_ =
      grpc::Status(static_cast<grpc::StatusCode>(why.code()), std::string(why.message()));
  CloseLocked();
}

void PeerInboundStream::Cancel() {
  context_->TryCancel();
  MutexLock lock(&mutex_);
  queue_.clear();
  CloseLocked();
}

void PeerInboundStream::Deliver(PeerPayload payload, size_t bytes) {
  executor_->RunOrPost([self = self_, payload = std::move(payload), bytes]() mutable {
    self->owner_->OnPayload(self.get(), std::move(payload));
    self->Consumed(bytes);
  });
}

void PeerInboundStream::OnMalformed(const absl::Status& why) {
  executor_->Post([self = self_, why] { self->owner_->OnMalformed(self.get(), why); });
  Refuse(why);
}

void PeerInboundStream::EndWrites() {
  ended_ = true;
  Finish(final_status_);
}

void PeerInboundStream::OnReadsEnded() { CloseLocked(); }

void PeerInboundStream::OnCancel() { Close(); }

void PeerInboundStream::OnDone() {
  const std::shared_ptr<PeerInboundStream> self = std::move(self_);
  executor_->Post([self] { self->owner_->OnEnd(self.get()); });
  registry_->Remove(this);
}

}  // namespace quorate::server
