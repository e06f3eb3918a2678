#include "server/peer/peer_outbound_stream.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <string>
#include <utility>

namespace quorate::server {

std::shared_ptr<PeerOutboundStream> PeerOutboundStream::Open(std::shared_ptr<grpc::Channel> channel,
                                                             raft::StreamClass stream_class,
                                                             const Hello& hello, Owner* owner,
                                                             Executor* executor,
                                                             PeerCallRegistry* registry) {
  std::shared_ptr<PeerOutboundStream> stream(
      new PeerOutboundStream(std::move(channel), stream_class, owner, executor, registry));
  if (!registry->Add(stream.get())) return nullptr;
  stream->self_ = stream;
  grpc::TemplatedGenericStub<grpc::ByteBuffer, raft::v1::PeerMessage>(stream->channel_)
      .PrepareBidiStreamingCall(&stream->context_, PathOf(stream_class), grpc::StubOptions(),
                                stream.get());
  // A hold for operations that other threads start; OnReadsEnded removes it.
  stream->AddHold();
  stream->Send(hello);
  stream->StartReading();
  stream->StartCall();
  return stream;
}

PeerOutboundStream::PeerOutboundStream(std::shared_ptr<grpc::Channel> channel,
                                       raft::StreamClass stream_class, Owner* owner,
                                       Executor* executor, PeerCallRegistry* registry)
    : PeerStream(stream_class, PeerStreamParser::Expects::kResponses),
      owner_(owner),
      executor_(executor),
      registry_(registry),
      channel_(std::move(channel)) {}

void PeerOutboundStream::Cancel() {
  cancelled_.store(true, std::memory_order_relaxed);
  context_.TryCancel();
  // A read in flight reports the end of the stream. Without one, nothing else would.
  MutexLock lock(&mutex_);
  if (!reading_) OnReadsEnded();
}

void PeerOutboundStream::Deliver(PeerPayload payload, size_t bytes) {
  executor_->RunOrPost([self = self_, payload = std::move(payload), bytes]() mutable {
    self->owner_->OnPayload(self.get(), std::move(payload));
    self->Consumed(bytes);
  });
}

void PeerOutboundStream::OnMalformed(const absl::Status& why) {
  malformed_ = why;
  Cancel();
}

void PeerOutboundStream::EndWrites() { StartWritesDone(); }

void PeerOutboundStream::OnReadsEnded() {
  if (ended_) return;
  ended_ = true;
  queue_.clear();
  RemoveHold();
}

void PeerOutboundStream::OnDone(const grpc::Status& status) {
  absl::Status why = malformed_;
  if (why.ok() && status.ok()) {
    why = absl::CancelledError("closed by the peer");
  } else if (why.ok()) {
    why = absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  }
  // Deleted on the loop and never on this thread: when gRPC 1.51 destroys the last channel of a
  // process, it joins the threads that run its callbacks, and this is one of them.
  executor_->Post([self = std::move(self_), why = std::move(why)]() mutable {
    self->owner_->OnEnd(self.get(), std::move(why));
    self->registry_->Remove(self.get());
    self.reset();
  });
}

}  // namespace quorate::server
