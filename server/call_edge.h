// What every service does where a call enters and leaves: who asks and until when, and errors as
// gRPC statuses. Replies are handed to gRPC on one loop, so that under load no other loop
// pays for the network.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/answer.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::server {

// Where clients reach the active controller, if one is known and says so. Thread-safe.
using LeaderEndpoint = std::function<std::optional<common::v1::ControllerEndpoint>()>;

class CallEdge {
 public:
  // All outlive the edge. `loop` is where replies leave.
  CallEdge(Executor* loop, const Clock* clock, LeaderEndpoint leader)
      : loop_(loop), clock_(clock), leader_(std::move(leader)) {}

  Executor* loop() const { return loop_; }
  const Clock* clock() const { return clock_; }

  // Who asks, and when the answer must leave: a little before the client's deadline, so that it
  // arrives; 30 s from now where the client has none. Never kNever.
  controller::RequestContext ContextOf(const grpc::CallbackServerContext& context) const;

  // The status of a failed call. NOT_CONTROLLER gets the active controller's endpoint.
  grpc::Status StatusOf(common::v1::Error error) const;

  // Ends a unary call with `fill(answer)` or the error. On the loop.
  template <typename T, typename Fill>
  void Finish(grpc::ServerUnaryReactor* reactor, controller::Answer<T> answer, Fill fill) const {
    if (auto* error = std::get_if<common::v1::Error>(&answer)) {
      FinishWith(reactor, StatusOf(std::move(*error)));
      return;
    }
    fill(std::get<T>(std::move(answer)));
    FinishWith(reactor, grpc::Status::OK);
  }

 private:
  // Passes the failpoint server.before_reply; its `error` loses the reply.
  void FinishWith(grpc::ServerUnaryReactor* reactor, grpc::Status status) const;

  Executor* const loop_;
  const Clock* const clock_;
  const LeaderEndpoint leader_;
};

}  // namespace quorate::server
