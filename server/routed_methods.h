// The requests that only the active controller can answer, as the router sees them.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "controller/answer.h"
#include "server/request_router.h"

namespace quorate::server {

// A method of the router whose request and response have types. `run_here(request, context, reply)`
// answers NOT_CONTROLLER where this node is not the active controller.
template <typename Request, typename Response>
RequestRouter::Method RoutedMethod(
    std::string_view name, std::function<bool(const Request&)> repeatable,
    std::function<void(Request, controller::RequestContext, controller::Reply<Response>)>
        run_here) {
  return {
      .name = std::string(name),
      .request_type = &Request::default_instance(),
      .response_type = &Response::default_instance(),
      .repeatable =
          [repeatable = std::move(repeatable)](const RequestRouter::Message& request) {
            return repeatable(static_cast<const Request&>(request));
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

// Safe to send again without any mark of its own: it changes nothing, or epochs guard it.
template <typename Request>
bool AlwaysRepeatable(const Request& /*request*/) {
  return true;
}
// Safe to send again if the client named it.
template <typename Request>
bool RepeatableById(const Request& request) {
  return request.has_request_id();
}

}  // namespace quorate::server
