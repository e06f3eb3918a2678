// Shared by all services of the client listener, where calls enter and leave: determines the caller
// and the deadline of a call, and turns errors into gRPC statuses. All replies are handed
// to gRPC on one loop, so that no other loop spends time on the network under load.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <functional>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "audit/audit_log.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/failpoint.h"
#include "controller/answer.h"
#include "quorate/common/v1/error.pb.h"
#include "server/calls/unary_call.h"
#include "server/grpc/client_budgets.h"
#include "server/node/call_rates.h"
#include "server/security/access_control.h"

namespace quorate::server {

// Returns where clients reach the active controller, or nullopt if this node knows no active
// controller or not its endpoint. Thread-safe.
using LeaderEndpoint = std::function<std::optional<common::v1::ControllerEndpoint>()>;

// Thread-safe, except Finish.
class CallEdge {
 public:
  // All arguments must outlive the edge. Replies leave on `loop`; large requests are parsed on
  // `large_loop`. `access` knows the callers. Requests for changes are recorded in `audit_log`.
  // `calls_per_second` limits each caller (CallRates); 0: no limit.
  CallEdge(Executor* loop, Executor* large_loop, const Clock* clock, AccessControl* access,
           audit::AuditLog* audit_log, LeaderEndpoint leader, int64_t calls_per_second = 0)
      : loop_(loop),
        large_loop_(large_loop),
        clock_(clock),
        access_(access),
        audit_log_(audit_log),
        leader_(std::move(leader)),
        rates_(calls_per_second, clock),
        budgets_(loop, clock) {}

  Executor* loop() const { return loop_; }
  const Clock* clock() const { return clock_; }
  audit::AuditLog* audit_log() const { return audit_log_; }
  ClientBudgets& budgets() const { return budgets_; }
  const CallRates& rates() const { return rates_; }

  // Returns the time by which the answer to a call must leave. That is a little before the client's
  // deadline, so that the answer arrives in time, or 30 s from now if the client set no deadline.
  // It is never kNever.
  MonoTime DeadlineOf(const grpc::CallbackServerContext& context) const;
  // Returns who makes the call, or the error that refuses it (AccessControl::CallerOf).
  controller::Answer<Caller> CallerOf(const grpc::CallbackServerContext& context) const;
  // Returns nullopt if the caller may speak for this broker (AccessControl::CheckSpeaksFor), else
  // the error that refuses the call.
  std::optional<common::v1::Error> CheckSpeaksFor(const Caller& caller, BrokerId broker) const;
  // The same for a call whose refusal the audit log does not record otherwise. Records it under the
  // method that takes `request` (method_path.h).
  std::optional<common::v1::Error> CheckSpeaksFor(const grpc::CallbackServerContext& context,
                                                  const google::protobuf::Message& request,
                                                  BrokerId broker) const;

  // Returns the status of a failed call. Adds the active controller's endpoint to NOT_CONTROLLER.
  grpc::Status StatusOf(common::v1::Error error) const;
  // Returns the status of a call or stream that is refused because `budget` is used up; `what`
  // names the kind of call in the message.
  grpc::Status OverBudget(const Budget& budget, const std::string& what) const;

  // Returns the unary method of the client listener that takes requests of `request_type`
  // (method_path.h). The rate of each caller is limited. Its calls take room in `budget`, one of
  // budgets()'s budgets. `serve(call, request)` must end the call with Finish.
  UnaryMethod Method(const google::protobuf::Message* request_type, Budget* budget,
                     std::function<void(UnaryCall*, UnaryMethod::MessagePtr)> serve) const;

  // Ends a unary call with the answer or the error. Call it on the loop. If the failpoint
  // server.before_reply fails, the client gets that error in place of the reply.
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
  // Returns RESOURCE_EXHAUSTED if the caller makes too many calls. Callers in plain text have one
  // principal, so their hosts are told apart.
  std::optional<common::v1::Error> CheckRate(const grpc::ServerContextBase& context) const;
  static common::v1::Error LostReply(const absl::Status& lost);

  Executor* const loop_;
  Executor* const large_loop_;
  const Clock* const clock_;
  AccessControl* const access_;
  audit::AuditLog* const audit_log_;
  const LeaderEndpoint leader_;
  mutable CallRates rates_;
  mutable ClientBudgets budgets_;
};

}  // namespace quorate::server
