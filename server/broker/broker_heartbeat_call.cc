#include "server/broker/broker_heartbeat_call.h"

#include <utility>

namespace quorate::server {

using broker::v1::HeartbeatRequest;
using broker::v1::HeartbeatResponse;

BrokerHeartbeatCall::BrokerHeartbeatCall(std::string endpoint, Executor* loop, const Clock* clock,
                                         BrokerCalls* calls, EventHandler on_event)
    : endpoint_(std::move(endpoint)),
      loop_(loop),
      clock_(clock),
      calls_(calls),
      on_event_(std::move(on_event)) {}

void BrokerHeartbeatCall::Start() {
  // A separate channel, so that other calls of the broker do not delay its heartbeats.
  const std::shared_ptr<grpc::Channel> channel = calls_->Dial(endpoint_);
  if (channel == nullptr || !calls_->Add({shared_from_this(), &context_})) {
    released_ = true;
    loop_->Post(
        [self = shared_from_this()] { self->Deliver(CallEnd(CannotDial(self->endpoint_))); });
    return;
  }
  self_ = shared_from_this();
  stub_ = broker::v1::BrokerService::NewStub(channel);
  stub_->async()->Heartbeat(&context_, this);
  // A hold, because writes are started on the loop and not from a gRPC callback.
  AddHold();
  StartRead(&response_);
  StartCall();
}

void BrokerHeartbeatCall::Send(HeartbeatRequest request) {
  to_write_.push_back(std::move(request));
  WriteNext();
}

void BrokerHeartbeatCall::Close(HeartbeatRequest goodbye, Task closed) {
  closed_ = std::move(closed);
  if (self_ == nullptr) {
    // The call did not start, or it has ended and its last event is not delivered yet.
    loop_->Post([self = shared_from_this()] { std::move (*self->closed_)(); });
    return;
  }
  Send(std::move(goodbye));
  close_timer_ =
      loop_->PostAt(clock_->Now() + kCloseTimeout, [self = self_] { self->context_.TryCancel(); });
}

void BrokerHeartbeatCall::WriteNext() {
  if (writing_ || released_ || to_write_.empty()) return;
  request_ = std::move(to_write_.front());
  to_write_.pop_front();
  writing_ = true;
  if (closed_ && to_write_.empty()) {
    StartWriteLast(&request_, grpc::WriteOptions());
  } else {
    StartWrite(&request_);
  }
}

void BrokerHeartbeatCall::OnReadDone(bool ok) {
  loop_->Post([this, ok] {
    if (!ok) {
      Release();
      return;
    }
    Deliver(response_);
    // The event handler may have closed the stream.
    if (!released_) StartRead(&response_);
  });
}

void BrokerHeartbeatCall::OnWriteDone(bool ok) {
  loop_->Post([this, ok] {
    writing_ = false;
    if (ok) WriteNext();
  });
}
void BrokerHeartbeatCall::OnDone(const grpc::Status& status) {
  loop_->Post([this, status] {
    // The call and its channel are destroyed at the end of this task (broker_calls.h).
    const std::shared_ptr<BrokerHeartbeatCall> self = std::move(self_);
    if (close_timer_ != kNoTimer) loop_->CancelTimer(close_timer_);
    if (closed_) {
      std::move (*closed_)();
    } else {
      on_event_(CallEnd(status));
    }
    calls_->Remove(&context_);
  });
}

void BrokerHeartbeatCall::Release() {
  released_ = true;
  RemoveHold();
}

void BrokerHeartbeatCall::Deliver(broker::HeartbeatEvent event) {
  if (!closed_) on_event_(std::move(event));
}

}  // namespace quorate::server
