// Connects a gRPC method to a method of RequestRouter: unary calls that the router brings to the
// active controller.
#pragma once

#include <utility>
#include <variant>

#include "controller/operation.h"
#include "server/grpc/call_edge.h"
#include "server/node/call_audit.h"
#include "server/node/request_router.h"

namespace quorate::server {

// Serves `call` with the router's `method`. `edge` and `router` outlive the call.
inline void StartRoutedCall(const CallEdge* edge, RequestRouter* router,
                            const RequestRouter::Method* method, UnaryCall* call,
                            RequestRouter::MessagePtr request) {
  const controller::Answer<Caller> caller = edge->CallerOf(call->context());
  if (const auto* error = std::get_if<common::v1::Error>(&caller)) {
    return call->Fail(edge->StatusOf(*error));
  }
  // The call and its context live until Finish.
  router->Call(
      method, std::move(request),
      {.principal = std::get<Caller>(caller).Principal(),
       .deadline = edge->DeadlineOf(call->context())},
      [call] { return call->context().IsCancelled(); },
      [edge, call](controller::Answer<RequestRouter::MessagePtr> answer) {
        edge->Finish(call, std::move(answer));
      });
}

// Returns the gRPC method of `operation`. The router brings its calls to the active controller, and
// they take room in `budget`. `check(call, request)` is called before a call is routed; the error
// that it returns ends the call.
template <typename Request, typename Response, typename Check>
UnaryMethod RoutedUnaryMethod(const CallEdge* edge, RequestRouter* router,
                              const controller::Operation<Request, Response>& operation,
                              Budget* budget, Check check) {
  const RequestRouter::Method* routed = router->Find(operation.log_name);
  UnaryMethod method = edge->Method(
      routed->request_type, budget,
      [edge, router, routed, check](UnaryCall* call, RequestRouter::MessagePtr request) {
        if (auto error = check(*call, static_cast<const Request&>(*request))) {
          return call->Fail(edge->StatusOf(*std::move(error)));
        }
        StartRoutedCall(edge, router, routed, call, std::move(request));
      });
  method.audit = AuditOf(operation, edge->audit_log());
  return method;
}

}  // namespace quorate::server
