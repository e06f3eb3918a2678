// The gRPC front end of a controller: the client listener and its services. The process starts,
// drains and stops it, like each other front end (docs/ARCHITECTURE.md, "Folders").
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/host_port.h"
#include "controller/quorum_controller.h"
#include "server/calls/listener.h"
#include "server/feed/subscription_hub.h"
#include "server/grpc/admin_service.h"
#include "server/grpc/audit_service.h"
#include "server/grpc/broker_service.h"
#include "server/grpc/call_edge.h"
#include "server/grpc/metadata_service.h"
#include "server/node/cluster_queries.h"
#include "server/node/log_listeners.h"
#include "server/node/request_router.h"

namespace quorate::server {

class GrpcFrontEnd {
 public:
  // What the front end is connected to. Everything must outlive the front end.
  struct Ports {
    const Clock* clock = nullptr;
    // See CallEdge and AdminService.
    Executor* edge_loop = nullptr;
    Executor* large_loop = nullptr;
    Executor* query_loop = nullptr;
    // See MetadataService.
    Executor* history_loop = nullptr;
    // All operations must be registered with it.
    RequestRouter* router = nullptr;
    controller::QuorumController* controller = nullptr;
    ClusterQueries* queries = nullptr;
    SubscriptionHub* hub = nullptr;
    audit::AuditLog* audit_log = nullptr;
    LeaderEndpoint leader;
    // Who calls.
    AccessControl* access = nullptr;
    // See CallEdge.
    int64_t calls_per_second = 0;
    // Of the listener (server/security/server_credentials.h).
    std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
    ConnectionLimits connection_limits = kConnectionLimits;
    // Other services that the listener serves.
    std::vector<grpc::Service*> services;
  };

  GrpcFrontEnd(std::string cluster_id, Ports ports);

  // What the front end must be notified of, after the controller.
  LogWatcher* log_watcher() { return &broker_service_; }

  // Opens the listener. From then on this process serves clients. Errors are those of
  // OpenClientListener.
  absl::Status Start(const HostPort& listen);
  // Ends the heartbeat streams, and each one that is opened later. The caller also ends the calls
  // that wait for the router, the controller and the hub.
  void Drain();
  // Closes the listener. Calls that have not ended after `timeout` are cancelled. REQUIRES:
  // started.
  void Stop(Duration timeout);

  bool started() const { return port() != 0; }
  // Returns the bound port, or 0 before the listener is open. Any thread.
  uint16_t port() const { return port_; }

  // What the front end has counted and holds, for metrics. Any thread.
  const ConnectionInstruments& connections() const { return *connections_; }
  const ClientBudgets& budgets() const { return edge_.budgets(); }
  const CallRates& rates() const { return edge_.rates(); }
  std::vector<const MethodService*> services() const {
    return {&admin_service_, &broker_service_, &metadata_service_, &audit_service_};
  }

  // Publishes the status of a service in grpc.health.v1. Any thread. REQUIRES: started.
  void SetServing(const std::string& service, bool serving);

 private:
  CallEdge edge_;
  AdminService admin_service_;
  BrokerService broker_service_;
  MetadataService metadata_service_;
  AuditService audit_service_;
  const std::shared_ptr<grpc::ServerCredentials> credentials_;
  const ConnectionLimits connection_limits_;
  const std::vector<grpc::Service*> more_services_;
  const std::shared_ptr<ConnectionInstruments> connections_ =
      std::make_shared<ConnectionInstruments>();
  Listener listener_;
  // Atomic, because calls arrive as soon as the listener is open.
  std::atomic<uint16_t> port_ = 0;
};

}  // namespace quorate::server
