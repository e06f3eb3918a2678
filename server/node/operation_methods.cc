#include "server/node/operation_methods.h"

#include <utility>

#include "controller/operations.h"
#include "server/node/routed_methods.h"

namespace quorate::server {
namespace {

using controller::Operation;
using controller::QuorumController;
using controller::Reply;
using controller::RequestContext;

// Registers an operation that the log remembers and that needs nothing but the newest image to
// decide. Ignores all others.
template <typename Request, typename Response>
void RegisterRemembered(const Operation<Request, Response>& operation, RequestRouter* router,
                        QuorumController* controller) {
  if constexpr (controller::HasRequestId<Request>) {
    if (operation.decision.decide == nullptr) return;
    router->Register(RoutedMethod(
        operation,
        [controller, &operation](Request request, RequestContext context, Reply<Response> reply) {
          controller->Execute(operation, std::move(request), std::move(context), std::move(reply));
        }));
  }
}

// Registers an operation for which the controller has the function `execute`.
template <typename Request, typename Response>
void RegisterOwn(const Operation<Request, Response>& operation,
                 void (QuorumController::*execute)(Request, RequestContext, Reply<Response>),
                 RequestRouter* router, QuorumController* controller) {
  router->Register(RoutedMethod(
      operation,
      [controller, execute](Request request, RequestContext context, Reply<Response> reply) {
        (controller->*execute)(std::move(request), std::move(context), std::move(reply));
      }));
}

template <typename Request, typename Response>
void RegisterDescription(const Operation<Request, Response>& operation,
                         void (ClusterQueries::*describe)(bool, MonoTime, Reply<Response>),
                         RequestRouter* router, ClusterQueries* queries) {
  router->Register(RoutedMethod(
      operation, [queries, describe](const Request& /*request*/, const RequestContext& context,
                                     Reply<Response> reply) {
        (queries->*describe)(/*as_leader=*/true, context.deadline, std::move(reply));
      }));
}

}  // namespace

OperationMethods::OperationMethods(RequestRouter* router, QuorumController* controller,
                                   ClusterQueries* queries) {
  controller::ForEachOperation(
      [=](const auto& operation) { RegisterRemembered(operation, router, controller); });
  RegisterOwn(controller::kUpdateFeatures, &QuorumController::UpdateFeatures, router, controller);
  RegisterOwn(controller::kRegisterBroker, &QuorumController::RegisterBroker, router, controller);
  RegisterOwn(controller::kAlterPartition, &QuorumController::AlterPartition, router, controller);
  RegisterOwn(controller::kAllocateProducerIds, &QuorumController::AllocateProducerIds, router,
              controller);
  RegisterOwn(controller::kAssignReplicasToDirs, &QuorumController::AssignReplicasToDirs, router,
              controller);
  RegisterOwn(controller::kReportRoles, &QuorumController::ReportRoles, router, controller);
  RegisterDescription(controller::kDescribeCluster, &ClusterQueries::DescribeCluster, router,
                      queries);
  RegisterDescription(controller::kDescribeQuorum, &ClusterQueries::DescribeQuorum, router,
                      queries);
}

}  // namespace quorate::server
