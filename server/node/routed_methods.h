// Makes methods of the router from the table of operations (controller/operations.h).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "controller/answer.h"
#include "controller/operation.h"
#include "server/node/request_router.h"

namespace quorate::server {

// Runs an operation on this node's controller. Must answer NOT_CONTROLLER if this node is not the
// active controller.
template <typename Request, typename Response>
using RunOperation =
    std::function<void(Request, controller::RequestContext, controller::Reply<Response>)>;

// Returns the router's method for `operation`, which has static storage.
template <typename Request, typename Response>
RequestRouter::Method RoutedMethod(const controller::Operation<Request, Response>& operation,
                                   std::type_identity_t<RunOperation<Request, Response>> run_here) {
  return {
      .name = std::string(operation.log_name),
      .request_type = &Request::default_instance(),
      .response_type = &Response::default_instance(),
      .repetition =
          [&operation](const RequestRouter::Message& request) {
            return controller::RepetitionOf(operation, static_cast<const Request&>(request));
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

}  // namespace quorate::server
