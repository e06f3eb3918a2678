// A unary call that the router brings to the active controller: the glue between a generated
// service method and RequestRouter.
#pragma once

#include <memory>
#include <utility>

#include "server/call_edge.h"
#include "server/request_router.h"
#include "server/sure_reply.h"

namespace quorate::server {

template <typename Request, typename Response>
grpc::ServerUnaryReactor* StartRoutedCall(const CallEdge& edge, RequestRouter& router,
                                          const RequestRouter::Method* method,
                                          grpc::CallbackServerContext* context,
                                          const Request* request, Response* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  // context and response live until Finish.
  router.Call(
      method, std::make_unique<Request>(*request), edge.ContextOf(*context),
      [context] { return context->IsCancelled(); },
      [&edge, reactor, response](controller::Answer<RequestRouter::MessagePtr> answer) {
        edge.Finish(reactor, std::move(answer),
                    [response](const RequestRouter::MessagePtr& message) {
                      response->Swap(static_cast<Response*>(message.get()));
                    });
      });
  return reactor;
}

}  // namespace quorate::server
