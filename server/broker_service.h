// BrokerService: what brokers ask of a controller. Heartbeat streams end on the active controller;
// everything else goes there through the router.
#pragma once

#include <atomic>
#include <map>

#include "controller/quorum_controller.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "server/call_edge.h"
#include "server/heartbeat_stream.h"
#include "server/log_listeners.h"
#include "server/method_service.h"
#include "server/request_router.h"

namespace quorate::server {

class BrokerService final : public MethodService, public LogWatcher {
 public:
  // All outlive the service's calls.
  BrokerService(const CallEdge* edge, RequestRouter* router,
                controller::QuorumController* controller);

  // Any thread. Ends the heartbeat streams, and those that come.
  void Shutdown();

  // LogWatcher: brokers look for the new active controller at once, not with their next heartbeat.
  void OnRenounce(Epoch epoch) override;

 private:
  // Serves the router's method, whose every request says that its broker reaches this controller.
  template <typename Request>
  void Route(RequestRouter* router, RequestRouter::Method method);
  grpc::ServerBidiReactor<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse>* Heartbeat();
  void EndStreams(const std::string& reason);

  const CallEdge* const edge_;
  controller::QuorumController* const controller_;
  std::atomic<controller::StreamId> next_stream_{1};

  // On the edge's loop.
  std::map<controller::StreamId, HeartbeatStream*> streams_;
  bool shut_down_ = false;
};

}  // namespace quorate::server
