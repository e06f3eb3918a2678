// A unary call that the router brings to the active controller: the glue between a method of gRPC
// and one of RequestRouter.
#pragma once

#include <utility>

#include "server/call_edge.h"
#include "server/request_router.h"

namespace quorate::server {

// Serves `call` by the router's `method`. `edge` and `router` outlive the call.
inline void StartRoutedCall(const CallEdge* edge, RequestRouter* router,
                            const RequestRouter::Method* method, UnaryCall* call,
                            RequestRouter::MessagePtr request) {
  // The call and its context live until Finish.
  router->Call(
      method, std::move(request), edge->ContextOf(call->context()),
      [call] { return call->context().IsCancelled(); },
      [edge, call](controller::Answer<RequestRouter::MessagePtr> answer) {
        edge->Finish(call, std::move(answer));
      });
}

// The gRPC method of the router's `method`.
inline UnaryMethod RoutedUnaryMethod(const CallEdge* edge, RequestRouter* router,
                                     const RequestRouter::Method* method, Budget* room) {
  return edge->Method("/" + method->name, method->request_type, room,
                      [edge, router, method](UnaryCall* call, RequestRouter::MessagePtr request) {
                        StartRoutedCall(edge, router, method, call, std::move(request));
                      });
}

}  // namespace quorate::server
