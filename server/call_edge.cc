#include "server/call_edge.h"

#include <algorithm>
#include <chrono>

#include "base/failpoint.h"
#include "client/status_mapping.h"
#include "server/reply_margin.h"

namespace quorate::server {
namespace {

constexpr Duration kDefaultTimeout = std::chrono::seconds(30);
// Until there is authentication, everyone is this one (Kafka's name for it).
constexpr char kPrincipal[] = "User:ANONYMOUS";

}  // namespace

controller::RequestContext CallEdge::ContextOf(const grpc::CallbackServerContext& context) const {
  Duration timeout = kDefaultTimeout;
  if (const auto deadline = context.deadline();
      deadline != std::chrono::system_clock::time_point::max()) {
    timeout = LessReplyMargin(
        std::max<Duration>(deadline - std::chrono::system_clock::now(), Duration(0)));
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

void CallEdge::FinishWith(grpc::ServerUnaryReactor* reactor, grpc::Status status) const {
  if (const absl::Status lost = Failpoint("server.before_reply"); !lost.ok()) {
    status = StatusOf(controller::MakeError(common::v1::UNKNOWN_SERVER_ERROR,
                                            std::string(lost.message()), common::v1::UNKNOWN));
  }
  reactor->Finish(std::move(status));
}

}  // namespace quorate::server
