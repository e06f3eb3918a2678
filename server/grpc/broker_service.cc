#include "server/grpc/broker_service.h"

#include <string>
#include <utility>

#include "server/calls/refused_stream.h"
#include "server/grpc/routed_call.h"
#include "server/node/routed_methods.h"

namespace quorate::server {

using broker::v1::AlterPartitionRequest;
using broker::v1::AlterPartitionResponse;
using broker::v1::HeartbeatRequest;
using broker::v1::HeartbeatResponse;
using broker::v1::RegisterBrokerRequest;
using broker::v1::RegisterBrokerResponse;
using broker::v1::ReportRolesRequest;
using broker::v1::ReportRolesResponse;

BrokerService::BrokerService(const CallEdge* edge, RequestRouter* router,
                             controller::QuorumController* controller)
    : edge_(edge), controller_(controller) {
  // All three may be repeated. RegisterBroker is guarded by the incarnation and AlterPartition by
  // epochs; ReportRoles is for display only.
  Route<RegisterBrokerRequest>(
      router,
      RoutedMethod<RegisterBrokerRequest, RegisterBrokerResponse>(
          "quorate.broker.v1.BrokerService/RegisterBroker", GuardedByEpochs<RegisterBrokerRequest>,
          [controller](auto request, auto context, auto reply) {
            controller->RegisterBroker(std::move(request), std::move(context), std::move(reply));
          }));
  Route<AlterPartitionRequest>(
      router,
      RoutedMethod<AlterPartitionRequest, AlterPartitionResponse>(
          "quorate.broker.v1.BrokerService/AlterPartition", GuardedByEpochs<AlterPartitionRequest>,
          [controller](auto request, auto context, auto reply) {
            controller->AlterPartition(std::move(request), std::move(context), std::move(reply));
          }));
  Route<ReportRolesRequest>(
      router,
      RoutedMethod<ReportRolesRequest, ReportRolesResponse>(
          "quorate.broker.v1.BrokerService/ReportRoles", GuardedByEpochs<ReportRolesRequest>,
          [controller](auto request, auto context, auto reply) {
            controller->ReportRoles(std::move(request), std::move(context), std::move(reply));
          }));
  AddStream<HeartbeatRequest, HeartbeatResponse>(
      "/quorate.broker.v1.BrokerService/Heartbeat",
      [this](grpc::CallbackServerContext* /*context*/) { return Heartbeat(); });
}

template <typename Request>
void BrokerService::Route(RequestRouter* router, RequestRouter::Method method) {
  const RequestRouter::Method* routed = router->Register(std::move(method));
  AddUnary(edge_->Method(
      "/" + routed->name, routed->request_type, &edge_->gate().broker_calls,
      [this, router, routed](UnaryCall* call, RequestRouter::MessagePtr request) {
        controller_->HeardOf(BrokerId(static_cast<const Request&>(*request).broker_id()));
        StartRoutedCall(edge_, router, routed, call, std::move(request));
      }));
}

grpc::ServerBidiReactor<HeartbeatRequest, HeartbeatResponse>* BrokerService::Heartbeat() {
  Budget& room = edge_->gate().heartbeat_streams;
  Budget::Hold hold = room.TryTake(kHeartbeatStreamBytes);
  if (!hold) {
    return new RefusedStream<HeartbeatRequest, HeartbeatResponse>(
        edge_->NoRoom(room, "heartbeat streams"));
  }
  const controller::StreamId id = next_stream_++;
  auto* stream = new HeartbeatStream(id, std::move(hold), edge_, controller_,
                                     [this, id] { streams_.erase(id); });
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
