#include "server/grpc/call_edge.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_format.h"
#include "client/status_mapping.h"
#include "server/calls/method_path.h"
#include "server/node/reply_margin.h"

namespace quorate::server {
namespace {

constexpr Duration kDefaultTimeout = std::chrono::seconds(30);
// The principal of every client until there is authentication. The name is Kafka's.
constexpr char kPrincipal[] = "User:ANONYMOUS";

}  // namespace

controller::RequestContext CallEdge::ContextOf(const grpc::CallbackServerContext& context) const {
  Duration timeout = kDefaultTimeout;
  if (const auto deadline = context.deadline();
      deadline != std::chrono::system_clock::time_point::max()) {
    timeout = LessReplyMargin(std::clamp<Duration>(deadline - std::chrono::system_clock::now(),
                                                   Duration(0), kMaxTimeout));
  }
  return {.principal = kPrincipal, .deadline = clock_->Now() + timeout};
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
          .refuse = [this](UnaryCall* call, common::v1::Error error) {
            call->Fail(StatusOf(std::move(error)));
          }};
}

common::v1::Error CallEdge::LostReply(const absl::Status& lost) {
  return controller::MakeError(common::v1::UNKNOWN_SERVER_ERROR, std::string(lost.message()),
                               common::v1::UNKNOWN);
}

}  // namespace quorate::server
