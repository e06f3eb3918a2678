#include "server/program/process_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "client/status_mapping.h"
#include "quorate/process/v1/process_service.grpc.pb.h"
#include "server/calls/method_path.h"
#include "server/node/call_audit.h"
#include "server/node/limits.h"
#include "server/node/refused_error.h"
#include "server/program/log_level.h"
#include "server/security/caller.h"

namespace quorate::server {
namespace {

using process::v1::GetMetricsRequest;
using process::v1::GetMetricsResponse;
using process::v1::SetLogLevelRequest;
using process::v1::SetLogLevelResponse;

// The most bytes of an unknown level that the error repeats.
constexpr size_t kMaxQuotedLevel = 30;

std::string Shortened(const std::string& level) {
  return absl::CHexEscape(level.substr(0, kMaxQuotedLevel));
}

grpc::Status NoSuchLevel(const std::string& level) {
  return client::StatusFromError(
      MakeError(common::v1::INVALID_REQUEST,
                absl::StrFormat("log level '%s' is not one of %s", Shortened(level),
                                absl::StrJoin(LogLevels(), ", "))));
}

// Returns nullopt if there is no audit log.
std::optional<CallAudit> AuditOfSetLogLevel(audit::AuditLog* log) {
  if (log == nullptr) return std::nullopt;
  return CallAudit{
      .log = log,
      .add_request =
          [](const google::protobuf::Message& request, audit::v1::AuditRecord* record) {
            const std::string& level = static_cast<const SetLogLevelRequest&>(request).level();
            record->set_resource("log-level:" + Shortened(level));
            // Without a level, the request only asks for it.
            return !level.empty();
          },
      .add_answer = [](const google::protobuf::Message& /*answer*/,
                       audit::v1::AuditRecord* record) { record->set_outcome("OK"); },
  };
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

ProcessService::ProcessService(Executor* executor, const Clock* clock, AccessControl* access,
                               audit::AuditLog* audit_log, CollectMetrics collect_metrics)
    : collect_metrics_(std::move(collect_metrics)),
      budget_(kProcessCalls),
      receiving_({.max_receiving = kMaxReceivingProcessCalls,
                  .max_of_connection = 1,
                  .max_time = kMaxReceiveTime},
                 executor, clock),
      sends_(kMaxSendTime, executor, clock) {
  const auto add = [this, access](const google::protobuf::Message& request_type, auto serve,
                                  std::optional<CallAudit> audit = std::nullopt) {
    AddUnary({.path = MethodPath(request_type),
              .request_type = &request_type,
              .budget = &budget_,
              .queue = &receiving_,
              .sends = &sends_,
              .serve = std::move(serve),
              .refuse =
                  [](UnaryCall* call, const common::v1::Error& error) {
                    call->Fail(client::StatusFromError(error));
                  },
              .audit = std::move(audit),
              .principal =
                  [access](const grpc::ServerContextBase& context) {
                    return PrincipalOf(*access, context);
                  }});
  };
  add(
      SetLogLevelRequest::default_instance(),
      [](UnaryCall* call, const UnaryMethod::MessagePtr& request) {
        ServeSetLogLevel(call, static_cast<const SetLogLevelRequest&>(*request));
      },
      AuditOfSetLogLevel(audit_log));
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
