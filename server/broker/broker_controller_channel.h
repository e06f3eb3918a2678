// Implements broker::ControllerChannel on gRPC.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "broker/ports.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "server/broker/broker_calls.h"
#include "server/broker/broker_heartbeat_call.h"

namespace quorate::server {

// Sends the broker's unary calls and heartbeats to controllers. Used only on `loop`.
// BrokerCalls::CancelAndWait must be called before the loop is stopped and the channel destroyed.
class BrokerControllerChannel final : public broker::ControllerChannel {
 public:
  // All arguments must outlive the channel.
  BrokerControllerChannel(Executor* loop, const Clock* clock, BrokerCalls* calls)
      : loop_(loop), clock_(clock), calls_(calls) {}

  void RegisterBroker(const std::string& endpoint, Duration timeout,
                      broker::v1::RegisterBrokerRequest request,
                      broker::CallDone<broker::v1::RegisterBrokerResponse> done) override;
  void AlterPartition(const std::string& endpoint, Duration timeout,
                      broker::v1::AlterPartitionRequest request,
                      broker::CallDone<broker::v1::AlterPartitionResponse> done) override;
  void ReportRoles(const std::string& endpoint, Duration timeout,
                   broker::v1::ReportRolesRequest request,
                   broker::CallDone<broker::v1::ReportRolesResponse> done) override;

  void OpenHeartbeat(const std::string& endpoint,
                     absl::AnyInvocable<void(broker::HeartbeatEvent)> on_event) override;
  void SendHeartbeat(broker::v1::HeartbeatRequest request) override;
  void CloseHeartbeat(broker::v1::HeartbeatRequest goodbye, Task closed) override;

 private:
  using Async = broker::v1::BrokerService::StubInterface::async_interface;

  // Makes a unary call. `method` is the member of Async that takes a callback.
  template <typename Request, typename Response>
  void Call(void (Async::*method)(grpc::ClientContext*, const Request*, Response*,
                                  std::function<void(grpc::Status)>),
            const std::string& endpoint, Duration timeout, Request request,
            broker::CallDone<Response> done);
  // Returns the stub for unary calls to `endpoint`, or null if it cannot be dialled. A changed
  // certificate gets a new channel, because a channel reconnects with the certificate it began
  // with.
  broker::v1::BrokerService::Stub* StubTo(const std::string& endpoint);

  Executor* const loop_;
  const Clock* const clock_;
  BrokerCalls* const calls_;
  // The endpoint of the last unary call, almost always the active controller's, and its stub.
  std::string endpoint_;
  // What the stub's channel connects with.
  std::shared_ptr<const security::TlsMaterial> material_;
  std::unique_ptr<broker::v1::BrokerService::Stub> stub_;
  // The open heartbeat stream; null if none is open.
  std::shared_ptr<BrokerHeartbeatCall> heartbeat_;
};

}  // namespace quorate::server
