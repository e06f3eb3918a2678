// The broker's end of one heartbeat stream.
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
#include "server/broker/broker_calls.h"

namespace quorate::server {

// Sends heartbeats on one stream and delivers the controller's answers. Used only on `loop`: gRPC's
// threads post to it and do nothing else. The call keeps itself alive until gRPC is done with it.
class BrokerHeartbeatCall final
    : public grpc::ClientBidiReactor<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse>,
      public std::enable_shared_from_this<BrokerHeartbeatCall> {
 public:
  // How long a stream may take to end after Close.
  static constexpr Duration kCloseTimeout = std::chrono::seconds(1);

  using EventHandler = absl::AnyInvocable<void(broker::HeartbeatEvent)>;

  // `on_event` gets every answer and, as the last event, an error. It is not called after Close.
  // All arguments must outlive the call.
  BrokerHeartbeatCall(std::string endpoint, Executor* loop, const Clock* clock, BrokerCalls* calls,
                      EventHandler on_event);
  ~BrokerHeartbeatCall() override = default;

  void Start();
  // Queues a heartbeat.
  void Send(broker::v1::HeartbeatRequest request);
  // Sends `goodbye` as the last message. The controller ends the stream when it has read it; the
  // stream is cancelled if that takes longer than kCloseTimeout. Then `closed` runs.
  void Close(broker::v1::HeartbeatRequest goodbye, Task closed);

 private:
  // Called on gRPC's threads.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnDone(const grpc::Status& status) override;

  void WriteNext();
  // Marks the stream as over: no read or write starts on it afterwards, so gRPC can finish the
  // call.
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
  // The request being written, and the response being read.
  broker::v1::HeartbeatRequest request_;
  broker::v1::HeartbeatResponse response_;
  bool writing_ = false;
  bool released_ = false;
  // Set by Close.
  std::optional<Task> closed_;
  TimerId close_timer_ = kNoTimer;
};

}  // namespace quorate::server
