// The broker's end of one heartbeat stream. gRPC's threads only post; everything else happens on
// the loop.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "broker/ports.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "server/broker_calls.h"

namespace quorate::server {

// On the loop. It keeps itself alive until gRPC is done with it.
class BrokerHeartbeatCall final
    : public grpc::ClientBidiReactor<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse>,
      public std::enable_shared_from_this<BrokerHeartbeatCall> {
 public:
  // How long a stream may take to end after Close.
  static constexpr Duration kCloseTimeout = std::chrono::seconds(1);

  using EventHandler = absl::AnyInvocable<void(broker::HeartbeatEvent)>;

  // `on_event` gets every answer and at last an error, none of them after Close. Everything must
  // outlive the call.
  BrokerHeartbeatCall(std::string endpoint, Executor* loop, const Clock* clock, BrokerCalls* calls,
                      EventHandler on_event);
  ~BrokerHeartbeatCall() override = default;

  void Start();
  void Send(broker::v1::HeartbeatRequest request);
  // Sends the last message and waits, within kCloseTimeout, for the controller to end the stream,
  // which it does when it has read that message. Then `closed` runs.
  void Close(broker::v1::HeartbeatRequest goodbye, Task closed);

 private:
  // On gRPC's threads.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  void WriteNext();
  // The stream is over: nothing is started on it any more, so that gRPC can be done with it.
  void Release();
  void Deliver(broker::HeartbeatEvent event);

  const std::string endpoint_;
  Executor* const loop_;
  const Clock* const clock_;
  BrokerCalls* const calls_;
  EventHandler on_event_;
  grpc::ClientContext context_;
  std::unique_ptr<broker::v1::BrokerService::Stub> stub_;
  std::shared_ptr<BrokerHeartbeatCall> self_;

  std::deque<broker::v1::HeartbeatRequest> to_write_;
  // Being written, or read into.
  broker::v1::HeartbeatRequest request_;
  broker::v1::HeartbeatResponse response_;
  bool writing_ = false;
  bool released_ = false;
  // Set by Close.
  std::optional<Task> closed_;
  TimerId close_timer_ = kNoTimer;
};

}  // namespace quorate::server
