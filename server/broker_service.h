// BrokerService: what brokers ask of a controller. Heartbeat streams end on the active controller;
// everything else goes there through the router.
#pragma once

#include <atomic>
#include <map>

#include "controller/quorum_controller.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "server/call_edge.h"
#include "server/heartbeat_stream.h"
#include "server/log_listeners.h"
#include "server/request_router.h"

namespace quorate::server {

class BrokerService final : public broker::v1::BrokerService::CallbackService, public LogWatcher {
 public:
  // All outlive the service's calls.
  BrokerService(const CallEdge* edge, RequestRouter* router,
                controller::QuorumController* controller);

  grpc::ServerUnaryReactor* RegisterBroker(grpc::CallbackServerContext* context,
                                           const broker::v1::RegisterBrokerRequest* request,
                                           broker::v1::RegisterBrokerResponse* response) override;
  grpc::ServerBidiReactor<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse>* Heartbeat(
      grpc::CallbackServerContext* context) override;
  grpc::ServerUnaryReactor* AlterPartition(grpc::CallbackServerContext* context,
                                           const broker::v1::AlterPartitionRequest* request,
                                           broker::v1::AlterPartitionResponse* response) override;
  grpc::ServerUnaryReactor* ReportRoles(grpc::CallbackServerContext* context,
                                        const broker::v1::ReportRolesRequest* request,
                                        broker::v1::ReportRolesResponse* response) override;

  // Any thread. Ends the heartbeat streams, and those that come.
  void Shutdown();

  // LogWatcher: brokers look for the new active controller at once, not with their next heartbeat.
  void OnRenounce(Epoch epoch) override;

 private:
  void EndStreams(const std::string& reason);

  const CallEdge* const edge_;
  RequestRouter* const router_;
  controller::QuorumController* const controller_;
  const RequestRouter::Method* register_broker_;
  const RequestRouter::Method* alter_partition_;
  const RequestRouter::Method* report_roles_;
  std::atomic<controller::StreamId> next_stream_{1};

  // On the edge's loop.
  std::map<controller::StreamId, HeartbeatStream*> streams_;
  bool shut_down_ = false;
};

}  // namespace quorate::server
