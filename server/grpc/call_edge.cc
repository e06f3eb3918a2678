#include "server/grpc/call_edge.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_format.h"
#include "client/status_mapping.h"
#include "server/calls/method_path.h"
#include "server/calls/remote_address.h"
#include "server/node/call_audit.h"
#include "server/node/reply_margin.h"
#include "server/security/caller.h"

namespace quorate::server {
namespace {

constexpr Duration kDefaultTimeout = std::chrono::seconds(30);

common::v1::Error Unauthorized(const absl::Status& status) {
  return controller::MakeError(common::v1::CLUSTER_AUTHORIZATION_FAILED,
                               std::string(status.message()));
}

}  // namespace

MonoTime CallEdge::DeadlineOf(const grpc::CallbackServerContext& context) const {
  Duration timeout = kDefaultTimeout;
  if (const auto deadline = context.deadline();
      deadline != std::chrono::system_clock::time_point::max()) {
    timeout = LessReplyMargin(std::clamp<Duration>(deadline - std::chrono::system_clock::now(),
                                                   Duration(0), kMaxTimeout));
  }
  return clock_->Now() + timeout;
}

controller::Answer<Caller> CallEdge::CallerOf(const grpc::CallbackServerContext& context) const {
  absl::StatusOr<Caller> caller = access_->CallerOf(server::CallerOf(*context.auth_context()));
  if (!caller.ok()) return Unauthorized(caller.status());
  return *std::move(caller);
}

std::optional<common::v1::Error> CallEdge::CheckSpeaksFor(const Caller& caller,
                                                          BrokerId broker) const {
  const absl::Status status = access_->CheckSpeaksFor(caller, broker);
  if (status.ok()) return std::nullopt;
  return Unauthorized(status);
}

std::optional<common::v1::Error> CallEdge::CheckSpeaksFor(
    const grpc::CallbackServerContext& context, const google::protobuf::Message& request,
    BrokerId broker) const {
  controller::Answer<Caller> caller = CallerOf(context);
  std::optional<common::v1::Error> error;
  if (auto* unknown = std::get_if<common::v1::Error>(&caller)) {
    error = std::move(*unknown);
  } else {
    error = CheckSpeaksFor(std::get<Caller>(caller), broker);
  }
  if (error && audit_log_ != nullptr) {
    audit::v1::AuditRecord record;
    record.set_caller(AddressText(context.peer()));
    record.set_principal(PrincipalOf(*access_, context));
    record.set_method(MethodPath(request));
    record.set_resource(absl::StrFormat("broker:%d", broker.value()));
    record.set_outcome(AuditOutcome(*error));
    audit_log_->Record(std::move(record));
  }
  return error;
}

grpc::Status CallEdge::StatusOf(common::v1::Error error) const {
  if (error.code() == common::v1::NOT_CONTROLLER && error.leader().client_endpoint().empty()) {
    error.clear_leader();
    if (const auto leader = leader_()) *error.mutable_leader() = *leader;
  }
  return client::StatusFromError(error);
}

grpc::Status CallEdge::OverBudget(const Budget& budget, const std::string& what) const {
  common::v1::Error error = controller::MakeError(
      common::v1::RESOURCE_EXHAUSTED,
      absl::StrFormat("this controller has %d %s and admits no more: try again later",
                      budget.count(), what));
  error.set_retry_after_ms(kRetryAfterMs);
  return StatusOf(std::move(error));
}

UnaryMethod CallEdge::Method(const google::protobuf::Message* request_type, Budget* budget,
                             std::function<void(UnaryCall*, UnaryMethod::MessagePtr)> serve) const {
  return {.path = MethodPath(*request_type),
          .request_type = request_type,
          .budget = budget,
          .queue = &budgets_.receiving,
          .sends = &budgets_.sends,
          .large_loop = large_loop_,
          .serve = std::move(serve),
          .admit = [this](const grpc::ServerContextBase& context) { return CheckRate(context); },
          .refuse = [this](UnaryCall* call,
                           common::v1::Error error) { call->Fail(StatusOf(std::move(error))); },
          .principal =
              [this](const grpc::ServerContextBase& context) {
                return PrincipalOf(*access_, context);
              }};
}

std::optional<common::v1::Error> CallEdge::CheckRate(const grpc::ServerContextBase& context) const {
  if (!rates_.has_limit()) return std::nullopt;
  const std::string principal = PrincipalOf(*access_, context);
  return rates_.Admit(principal, principal == security::kAnonymous ? HostText(context.peer()) : "");
}

common::v1::Error CallEdge::LostReply(const absl::Status& lost) {
  return controller::MakeError(common::v1::UNKNOWN_SERVER_ERROR, std::string(lost.message()),
                               common::v1::UNKNOWN);
}

}  // namespace quorate::server
