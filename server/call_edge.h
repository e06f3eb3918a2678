// What every service does where a call enters and leaves: who asks and until when, and errors as
// gRPC statuses. Replies are handed to gRPC on one loop, so that under load no other loop
// pays for the network.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "base/failpoint.h"
#include "controller/answer.h"
#include "quorate/common/v1/error.pb.h"
#include "server/call_gate.h"
#include "server/unary_call.h"

namespace quorate::server {

// Where clients reach the active controller, if one is known and says so. Thread-safe.
using LeaderEndpoint = std::function<std::optional<common::v1::ControllerEndpoint>()>;

class CallEdge {
 public:
  // All outlive the edge. `loop` is where replies leave, `large_loop` where large requests are
  // parsed.
  CallEdge(Executor* loop, Executor* large_loop, const Clock* clock, LeaderEndpoint leader)
      : loop_(loop),
        large_loop_(large_loop),
        clock_(clock),
        leader_(std::move(leader)),
        gate_(loop, clock) {}

  Executor* loop() const { return loop_; }
  const Clock* clock() const { return clock_; }
  CallGate& gate() const { return gate_; }

  // Who asks, and when the answer must leave: a little before the client's deadline, so that it
  // arrives; 30 s from now where the client has none. Never kNever.
  controller::RequestContext ContextOf(const grpc::CallbackServerContext& context) const;

  // The status of a failed call. NOT_CONTROLLER gets the active controller's endpoint.
  grpc::Status StatusOf(common::v1::Error error) const;
  // Of a call or a stream for which there is no room in `budget` now; `what` names its kind.
  grpc::Status NoRoom(const Budget& budget, const std::string& what) const;

  // A unary method of the client listener whose calls take room in `room`, one of gate()'s.
  // `serve(call, request)` ends the call by Finish.
  UnaryMethod Method(std::string path, const google::protobuf::Message* request_type, Budget* room,
                     std::function<void(UnaryCall*, UnaryMethod::MessagePtr)> serve) const;

  // Ends a unary call with the answer or the error. On the loop. Passes the failpoint
  // server.before_reply; its `error` loses the reply.
  template <typename T>
  void Finish(UnaryCall* call, controller::Answer<T> answer) const {
    auto* error = std::get_if<common::v1::Error>(&answer);
    if (const absl::Status lost = Failpoint("server.before_reply"); !lost.ok()) {
      call->Fail(StatusOf(LostReply(lost)));
    } else if (error != nullptr) {
      call->Fail(StatusOf(std::move(*error)));
    } else if constexpr (std::is_same_v<T, UnaryMethod::MessagePtr>) {
      call->Answer(*std::get<T>(answer));
    } else {
      call->Answer(std::get<T>(std::move(answer)));
    }
  }

 private:
  static common::v1::Error LostReply(const absl::Status& lost);

  Executor* const loop_;
  Executor* const large_loop_;
  const Clock* const clock_;
  const LeaderEndpoint leader_;
  mutable CallGate gate_;
};

}  // namespace quorate::server
