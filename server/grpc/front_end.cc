#include "server/grpc/front_end.h"

#include <grpcpp/health_check_service_interface.h>

#include <utility>

#include "base/check.h"

namespace quorate::server {

GrpcFrontEnd::GrpcFrontEnd(std::string cluster_id, Ports ports)
    : edge_(ports.edge_loop, ports.large_loop, ports.clock, ports.access, ports.audit_log,
            std::move(ports.leader), ports.calls_per_second),
      admin_service_(&edge_, ports.router, ports.queries, ports.query_loop),
      broker_service_(&edge_, ports.router, ports.controller),
      metadata_service_(
          std::move(cluster_id), &edge_, ports.hub, ports.history_loop,
          [controller = ports.controller](BrokerId broker) { controller->RecordContact(broker); }),
      audit_service_(&edge_),
      credentials_(std::move(ports.credentials)),
      connection_limits_(ports.connection_limits),
      more_services_(std::move(ports.services)) {}

absl::Status GrpcFrontEnd::Start(const HostPort& listen) {
  std::vector<grpc::Service*> services = {&admin_service_, &broker_service_, &metadata_service_,
                                          &audit_service_};
  services.insert(services.end(), more_services_.begin(), more_services_.end());
  ASSIGN_OR_RETURN(listener_, OpenClientListener(listen, "client-listen", credentials_, services,
                                                 connection_limits_, connections_));
  port_ = listener_.port;
  return absl::OkStatus();
}

void GrpcFrontEnd::Drain() { broker_service_.Shutdown(); }

void GrpcFrontEnd::Stop(Duration timeout) { Close(listener_, timeout); }

void GrpcFrontEnd::SetServing(const std::string& service, bool serving) {
  listener_.server->GetHealthCheckService()->SetServingStatus(service, serving);
}

}  // namespace quorate::server
