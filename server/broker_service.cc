#include "server/broker_service.h"

#include <string>
#include <utility>

#include "server/routed_call.h"
#include "server/routed_methods.h"

namespace quorate::server {

using broker::v1::AlterPartitionRequest;
using broker::v1::AlterPartitionResponse;
using broker::v1::RegisterBrokerRequest;
using broker::v1::RegisterBrokerResponse;
using broker::v1::ReportRolesRequest;
using broker::v1::ReportRolesResponse;

BrokerService::BrokerService(const CallEdge* edge, RequestRouter* router,
                             controller::QuorumController* controller)
    : edge_(edge), router_(router), controller_(controller) {
  // Guarded by the incarnation, by epochs, and for display only: none does harm twice.
  register_broker_ = router->Register(RoutedMethod<RegisterBrokerRequest, RegisterBrokerResponse>(
      "quorate.broker.v1.BrokerService/RegisterBroker", AlwaysRepeatable<RegisterBrokerRequest>,
      [controller](auto request, auto context, auto reply) {
        controller->RegisterBroker(std::move(request), std::move(context), std::move(reply));
      }));
  alter_partition_ = router->Register(RoutedMethod<AlterPartitionRequest, AlterPartitionResponse>(
      "quorate.broker.v1.BrokerService/AlterPartition", AlwaysRepeatable<AlterPartitionRequest>,
      [controller](auto request, auto context, auto reply) {
        controller->AlterPartition(std::move(request), std::move(context), std::move(reply));
      }));
  report_roles_ = router->Register(RoutedMethod<ReportRolesRequest, ReportRolesResponse>(
      "quorate.broker.v1.BrokerService/ReportRoles", AlwaysRepeatable<ReportRolesRequest>,
      [controller](auto request, auto context, auto reply) {
        controller->ReportRoles(std::move(request), std::move(context), std::move(reply));
      }));
}

grpc::ServerUnaryReactor* BrokerService::RegisterBroker(grpc::CallbackServerContext* context,
                                                        const RegisterBrokerRequest* request,
                                                        RegisterBrokerResponse* response) {
  controller_->HeardOf(BrokerId(request->broker_id()));
  return StartRoutedCall(*edge_, *router_, register_broker_, context, request, response);
}

grpc::ServerUnaryReactor* BrokerService::AlterPartition(grpc::CallbackServerContext* context,
                                                        const AlterPartitionRequest* request,
                                                        AlterPartitionResponse* response) {
  controller_->HeardOf(BrokerId(request->broker_id()));
  return StartRoutedCall(*edge_, *router_, alter_partition_, context, request, response);
}

grpc::ServerUnaryReactor* BrokerService::ReportRoles(grpc::CallbackServerContext* context,
                                                     const ReportRolesRequest* request,
                                                     ReportRolesResponse* response) {
  controller_->HeardOf(BrokerId(request->broker_id()));
  return StartRoutedCall(*edge_, *router_, report_roles_, context, request, response);
}

grpc::ServerBidiReactor<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse>*
BrokerService::Heartbeat(grpc::CallbackServerContext* /*context*/) {
  const controller::StreamId id = next_stream_++;
  auto* stream = new HeartbeatStream(id, edge_, controller_, [this, id] { streams_.erase(id); });
  edge_->loop()->Post([this, id, stream] {
    streams_.emplace(id, stream);
    if (shut_down_) {
      stream->End(controller::MakeError(common::v1::NOT_CONTROLLER, "this controller is stopping"));
    } else {
      stream->Start();
    }
  });
  return stream;
}

void BrokerService::Shutdown() {
  edge_->loop()->Post([this] {
    shut_down_ = true;
    EndStreams("this controller is stopping");
  });
}

void BrokerService::OnRenounce(Epoch /*epoch*/) {
  edge_->loop()->Post([this] { EndStreams("this controller is no longer the active one"); });
}

void BrokerService::EndStreams(const std::string& reason) {
  for (const auto& [id, stream] : streams_) {
    stream->End(controller::MakeError(common::v1::NOT_CONTROLLER, reason));
  }
}

}  // namespace quorate::server
