// Helpers for methods of the router: requests that only the active controller can answer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "controller/answer.h"
#include "server/node/request_router.h"

namespace quorate::server {

// Returns a method of the router with typed requests and responses. `run_here(request, context,
// reply)` must answer NOT_CONTROLLER if this node is not the active controller.
template <typename Request, typename Response>
RequestRouter::Method RoutedMethod(
    std::string_view name, std::function<RequestRouter::Repetition(const Request&)> repetition,
    std::function<void(Request, controller::RequestContext, controller::Reply<Response>)>
        run_here) {
  return {
      .name = std::string(name),
      .request_type = &Request::default_instance(),
      .response_type = &Response::default_instance(),
      .repetition =
          [repetition = std::move(repetition)](const RequestRouter::Message& request) {
            return repetition(static_cast<const Request&>(request));
          },
      .run_here =
          [run_here = std::move(run_here)](const RequestRouter::Message& request,
                                           controller::RequestContext context,
                                           RequestRouter::Done done) {
            run_here(static_cast<const Request&>(request), std::move(context),
                     [done = std::move(done)](controller::Answer<Response> answer) mutable {
                       if (auto* error = std::get_if<common::v1::Error>(&answer)) {
                         std::move(done)(std::move(*error));
                       } else {
                         std::move(done)(RequestRouter::MessagePtr(
                             std::make_unique<Response>(std::get<Response>(std::move(answer)))));
                       }
                     });
          },
  };
}

// For a read.
template <typename Request>
RequestRouter::Repetition RepeatableRead(const Request& /*request*/) {
  return RequestRouter::Repetition::kSameAnswer;
}
// For a request that is guarded by epochs in it.
template <typename Request>
RequestRouter::Repetition GuardedByEpochs(const Request& /*request*/) {
  return RequestRouter::Repetition::kGuarded;
}
// For a request that may be repeated only if the client gave it a request id.
template <typename Request>
RequestRouter::Repetition RepeatableById(const Request& request) {
  return request.has_request_id() ? RequestRouter::Repetition::kSameAnswer
                                  : RequestRouter::Repetition::kNever;
}

}  // namespace quorate::server
