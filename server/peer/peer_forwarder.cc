#include "server/peer/peer_forwarder.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "grpcpp/client_context.h"
#include "quorate/raft/v1/raft_service.grpc.pb.h"

namespace quorate::server {
namespace {

// One request in flight. Owns itself once Start has returned true.
class ForwardCall final : public PeerCall {
 public:
  using Done = absl::AnyInvocable<void(ForwardResult) &&>;

  ForwardCall(const std::shared_ptr<grpc::Channel>& channel, raft::v1::ForwardRequest request,
              Duration timeout, Done done, Executor* executor, PeerCallRegistry* registry)
      : stub_(raft::v1::RaftService::NewStub(channel)),
        request_(std::move(request)),
        done_(std::move(done)),
        executor_(executor),
        registry_(registry) {
    context_.set_deadline(std::chrono::system_clock::now() +
                          std::chrono::duration_cast<std::chrono::system_clock::duration>(timeout));
  }

  // Returns false if the registry is not open; the caller still owns the call then.
  bool Start() {
    if (!registry_->Add(this)) return false;
    stub_->async()->Forward(&context_, &request_, &response_,
                            [this](const grpc::Status& status) { Finish(status); });
    return true;
  }

  Done TakeDone() { return std::move(done_); }

  void Close() override { context_.TryCancel(); }
  void Cancel() override { context_.TryCancel(); }

 private:
  void Finish(const grpc::Status& status) {
    if (status.ok()) {
      std::move(done_)(std::move(response_));
    } else {
      // No status proves that the request did not arrive: a broken connection is UNAVAILABLE too.
      std::move(done_)(ForwardFailure{.maybe_sent = true, .message = status.error_message()});
    }
    // Not deleted on this thread: see PeerOutboundStream::OnDone.
    executor_->Post([call = std::unique_ptr<ForwardCall>(this)]() mutable {
      call->registry_->Remove(call.get());
      call.reset();
    });
  }

  const std::unique_ptr<raft::v1::RaftService::Stub> stub_;
  grpc::ClientContext context_;
  const raft::v1::ForwardRequest request_;
  raft::v1::ForwardResponse response_;
  Done done_;
  Executor* const executor_;
  PeerCallRegistry* const registry_;
};

}  // namespace

void PeerForwarder::Forward(NodeId to, raft::v1::ForwardRequest request, MonoTime deadline,
                            absl::AnyInvocable<void(ForwardResult) &&> done) {
  const std::shared_ptr<grpc::Channel> channel = directory_->ForwardChannel(to);
  if (channel != nullptr && channel->GetState(/*try_to_connect=*/false) == GRPC_CHANNEL_READY) {
    auto call = std::make_unique<ForwardCall>(channel, std::move(request), deadline - clock_->Now(),
                                              std::move(done), executor_, registry_);
    if (call->Start()) {
      static_cast<void>(call.release());  // it deletes itself
      return;
    }
    done = call->TakeDone();
  }
  std::move(done)(ForwardFailure{
      .maybe_sent = false,
      .message = absl::StrFormat("this controller has no connection to node %d", to.value())});
}

}  // namespace quorate::server
