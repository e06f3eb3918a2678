#include "server/program/process_service.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "client/status_mapping.h"
#include "quorate/process/v1/process_service.grpc.pb.h"
#include "server/calls/method_path.h"
#include "server/node/limits.h"
#include "server/node/refused_error.h"
#include "server/program/log_level.h"

namespace quorate::server {
namespace {

using process::v1::GetMetricsRequest;
using process::v1::GetMetricsResponse;
using process::v1::SetLogLevelRequest;
using process::v1::SetLogLevelResponse;

// The most bytes of an unknown level that the error repeats.
constexpr size_t kMaxQuotedLevel = 30;

grpc::Status NoSuchLevel(const std::string& level) {
  return client::StatusFromError(
      MakeError(common::v1::INVALID_REQUEST,
                absl::StrFormat("log level '%s' is not one of %s",
                                absl::CHexEscape(level.substr(0, kMaxQuotedLevel)),
                                absl::StrJoin(LogLevels(), ", "))));
}

void ServeSetLogLevel(UnaryCall* call, const SetLogLevelRequest& request) {
  const std::string& level = request.level();
  SetLogLevelResponse response;
  if (level.empty()) {
    response.set_level(CurrentLogLevel());
    response.set_previous_level(response.level());
  } else if (std::find(LogLevels().begin(), LogLevels().end(), level) == LogLevels().end()) {
    call->Fail(NoSuchLevel(level));
    return;
  } else {
    response.set_level(level);
    response.set_previous_level(SetLogLevel(level));
    // Logged as an error, so that it is written at every level.
    LOG(ERROR) << "the log level is now " << level << ", as " << call->context().peer()
               << " requested";
  }
  call->Answer(response);
}

}  // namespace

ProcessService::ProcessService(Executor* executor, const Clock* clock,
                               CollectMetrics collect_metrics)
    : collect_metrics_(std::move(collect_metrics)),
      budget_(kProcessCalls),
      receiving_({.max_receiving = kMaxReceivingProcessCalls,
                  .max_of_connection = 1,
                  .max_time = kMaxReceiveTime},
                 executor, clock),
      sends_(kMaxSendTime, executor, clock) {
  const auto add = [this](const google::protobuf::Message& request_type, auto serve) {
    AddUnary({.path = MethodPath(request_type),
              .request_type = &request_type,
              .budget = &budget_,
              .queue = &receiving_,
              .sends = &sends_,
              .serve = std::move(serve),
              .refuse = [](UnaryCall* call, const common::v1::Error& error) {
                call->Fail(client::StatusFromError(error));
              }});
  };
  add(SetLogLevelRequest::default_instance(),
      [](UnaryCall* call, const UnaryMethod::MessagePtr& request) {
        ServeSetLogLevel(call, static_cast<const SetLogLevelRequest&>(*request));
      });
  add(GetMetricsRequest::default_instance(),
      [this](UnaryCall* call, const UnaryMethod::MessagePtr& /*request*/) {
        ServeGetMetrics(call);
      });
}

void ProcessService::ServeGetMetrics(UnaryCall* call) const {
  collect_metrics_([call](std::string page) {
    if (auto over_budget = call->Reserve(page.size())) {
      return call->Fail(client::StatusFromError(*over_budget));
    }
    GetMetricsResponse response;
    response.set_page(std::move(page));
    call->Answer(response);
  });
}

}  // namespace quorate::server
