// Serves quorate.broker.v1.BrokerService, the calls that brokers make to a controller. A heartbeat
// stream is served by the controller that it reaches, which must be the active one. All other calls
// go to the active controller through the router.
#pragma once

#include <atomic>
#include <map>

#include "controller/operation.h"
#include "controller/quorum_controller.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "server/calls/method_service.h"
#include "server/grpc/call_edge.h"
#include "server/grpc/heartbeat_stream.h"
#include "server/node/log_listeners.h"
#include "server/node/request_router.h"

namespace quorate::server {

class BrokerService final : public MethodService, public LogWatcher {
 public:
  // The operations of the service must be registered with the router. All arguments must outlive
  // the service's calls.
  BrokerService(const CallEdge* edge, RequestRouter* router,
                controller::QuorumController* controller);

  // Ends all heartbeat streams, and each one that is opened later. Thread-safe.
  void Shutdown();

  // LogWatcher. Ends all heartbeat streams, so that brokers look for the new active controller at
  // once and not at their next heartbeat.
  void OnRenounce(Epoch epoch) override;

 private:
  // Serves an operation through the router, for callers that may speak for the request's broker.
  // Each request also tells the controller that the broker can reach this node.
  template <typename Request, typename Response>
  void Route(const controller::Operation<Request, Response>& operation, RequestRouter* router);
  grpc::ServerBidiReactor<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse>* Heartbeat(
      grpc::CallbackServerContext* context);
  void EndStreams(const std::string& reason);

  const CallEdge* const edge_;
  controller::QuorumController* const controller_;
  std::atomic<controller::StreamId> next_stream_{1};

  // Used only on the edge's loop.
  std::map<controller::StreamId, HeartbeatStream*> streams_;
  bool shut_down_ = false;
};

}  // namespace quorate::server
