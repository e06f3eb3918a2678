// Connects a gRPC method to a method of RequestRouter: unary calls that the router brings to the
// active controller.
#pragma once

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "controller/operation.h"
#include "server/grpc/call_edge.h"
#include "server/node/call_audit.h"
#include "server/node/request_router.h"

namespace quorate::server {

// Serves `call` with the router's `method`. `edge` and `router` outlive the call. The error that
// `check(caller)` returns ends the call; null: no check.
inline void StartRoutedCall(
    const CallEdge* edge, RequestRouter* router, const RequestRouter::Method* method,
    UnaryCall* call, RequestRouter::MessagePtr request,
    const std::function<std::optional<common::v1::Error>(const Caller&)>& check = nullptr) {
  const controller::Answer<Caller> found = edge->CallerOf(call->context());
  if (const auto* error = std::get_if<common::v1::Error>(&found)) {
    return call->Fail(edge->StatusOf(*error));
  }
  const auto& caller = std::get<Caller>(found);
  if (check != nullptr) {
    if (auto error = check(caller)) return call->Fail(edge->StatusOf(*std::move(error)));
  }
  // The call and its context live until Finish.
  router->Call(
      method, std::move(request),
      {.principal = caller.Principal(), .deadline = edge->DeadlineOf(call->context())},
      [call] { return call->context().IsCancelled(); },
      [edge, call](controller::Answer<RequestRouter::MessagePtr> answer) {
        edge->Finish(call, std::move(answer));
      });
}

// Decides whether a caller may make a request. Returns the error that refuses it, or nullopt.
template <typename Request>
using CheckRequest = std::function<std::optional<common::v1::Error>(
    const grpc::CallbackServerContext& context, const Caller& caller, const Request& request)>;

// Returns the gRPC method of `operation`. The router brings its calls to the active controller, and
// they take room in `budget`. `check` (null: no check) is called before a call is routed.
template <typename Request, typename Response>
UnaryMethod RoutedUnaryMethod(const CallEdge* edge, RequestRouter* router,
                              const controller::Operation<Request, Response>& operation,
                              Budget* budget,
                              std::type_identity_t<CheckRequest<Request>> check = nullptr) {
  const RequestRouter::Method* routed = router->Find(operation.log_name);
  UnaryMethod method = edge->Method(
      routed->request_type, budget,
      [edge, router, routed, check = std::move(check)](UnaryCall* call,
                                                       RequestRouter::MessagePtr request) {
        if (check == nullptr) {
          return StartRoutedCall(edge, router, routed, call, std::move(request));
        }
        const auto& checked = static_cast<const Request&>(*request);
        StartRoutedCall(edge, router, routed, call, std::move(request),
                        [&](const Caller& c) { return check(call->context(), c, checked); });
      });
  method.audit = AuditOf(operation, edge->audit_log());
  return method;
}

}  // namespace quorate::server
