// Connects a gRPC method to a method of RequestRouter: unary calls that the router brings to the
// active controller.
#pragma once

#include <utility>
#include <variant>

#include "server/grpc/call_edge.h"
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

// Returns the gRPC method that serves its calls with the router's `method`.
inline UnaryMethod RoutedUnaryMethod(const CallEdge* edge, RequestRouter* router,
                                     const RequestRouter::Method* method, Budget* budget) {
  return edge->Method(method->request_type, budget,
                      [edge, router, method](UnaryCall* call, RequestRouter::MessagePtr request) {
                        StartRoutedCall(edge, router, method, call, std::move(request));
                      });
}

}  // namespace quorate::server
