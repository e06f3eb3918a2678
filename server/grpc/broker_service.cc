#include "server/grpc/broker_service.h"

#include <string>
#include <utility>

#include "controller/operations.h"
#include "server/calls/method_path.h"
#include "server/calls/refused_stream.h"
#include "server/grpc/routed_call.h"

namespace quorate::server {

using broker::v1::HeartbeatRequest;
using broker::v1::HeartbeatResponse;

BrokerService::BrokerService(const CallEdge* edge, RequestRouter* router,
                             controller::QuorumController* controller)
    : edge_(edge), controller_(controller) {
  Route(controller::kRegisterBroker, router);
  Route(controller::kAlterPartition, router);
  Route(controller::kAllocateProducerIds, router);
  Route(controller::kAssignReplicasToDirs, router);
  Route(controller::kReportRoles, router);
  AddStream<HeartbeatRequest, HeartbeatResponse>(
      MethodPath(HeartbeatRequest::default_instance()),
      [this](grpc::CallbackServerContext* context) { return Heartbeat(context); });
}

template <typename Request, typename Response>
void BrokerService::Route(const controller::Operation<Request, Response>& operation,
                          RequestRouter* router) {
  UnaryMethod method = RoutedUnaryMethod(
      edge_, router, operation, &edge_->budgets().broker_calls,
      [this, &operation](const grpc::CallbackServerContext& context, const Caller& caller,
                         const Request& request) -> std::optional<common::v1::Error> {
        const BrokerId broker(request.broker_id());
        const bool is_recorded = operation.resource != nullptr;
        if (auto error = is_recorded ? edge_->CheckSpeaksFor(caller, broker)
                                     : edge_->CheckSpeaksFor(context, request, broker)) {
          return error;
        }
        controller_->RecordContact(broker);
        return std::nullopt;
      });
  // A broker must be able to register and to report at any time.
  method.admit = nullptr;
  AddUnary(std::move(method));
}

grpc::ServerBidiReactor<HeartbeatRequest, HeartbeatResponse>* BrokerService::Heartbeat(
    grpc::CallbackServerContext* context) {
  Budget& budget = edge_->budgets().heartbeat_streams;
  Budget::Hold hold = budget.TryTake(kHeartbeatStreamBytes);
  if (!hold) {
    return new RefusedStream<HeartbeatRequest, HeartbeatResponse>(
        edge_->OverBudget(budget, "heartbeat streams"));
  }
  const controller::StreamId id = next_stream_++;
  auto* stream = new HeartbeatStream(id, context, std::move(hold), edge_, controller_,
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
