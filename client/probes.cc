#include "client/probes.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "client/status_mapping.h"
#include "client/utf8_check.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "quorate/audit/v1/audit_service.grpc.pb.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"
#include "quorate/process/v1/process_service.grpc.pb.h"

namespace quorate::client {
namespace {

using broker::v1::BrokerViewService;
using State = HealthAnswer::State;
using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

using common::v1::Error;

constexpr char kReadyService[] = "quorate.ready";

// Makes one call.
template <typename Stub, typename Request, typename Response>
std::variant<Response, Error> AskOnce(BlockingConnection& connection,
                                      grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                                   const Request&, Response*),
                                      const Request& request, Duration timeout) {
  if (const auto complaint = FindStringNotUtf8(request)) {
    Error error;
    error.set_code(common::v1::INVALID_REQUEST);
    error.set_message(*complaint);
    error.set_outcome(common::v1::REFUSED);
    return error;
  }
  Response response;
  const grpc::Status status = connection.Call(
      timeout, timeout,
      [&](const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
        Stub stub(channel);
        return (stub.*method)(context, request, &response);
      });
  if (!status.ok()) return ErrorFromStatus(status);
  return response;
}

}  // namespace

HealthProbe::HealthProbe(HostPort endpoint, std::string service, security::TlsStore* tls)
    : connection_(std::move(endpoint), tls), service_(std::move(service)) {}

HealthAnswer HealthProbe::Check(Duration timeout) {
  HealthCheckRequest request;
  request.set_service(service_);
  if (const auto complaint = FindStringNotUtf8(request)) {
    return {State::kUnknownService, "cannot be asked: " + *complaint};
  }
  HealthCheckResponse response;
  const grpc::Status status = connection_.Call(
      timeout, timeout,
      [&](const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
        return Health::Stub(channel).Check(context, request, &response);
      });
  switch (status.error_code()) {
    case grpc::StatusCode::OK:
      if (response.status() == HealthCheckResponse::SERVING) return {State::kServing, ""};
      return {State::kNotServing, "not serving"};
    case grpc::StatusCode::NOT_FOUND:
      return {State::kUnknownService, absl::StrFormat("has no service '%s'", service_)};
    case grpc::StatusCode::UNIMPLEMENTED:
      return {State::kUnknownService, "has no health service: it is not a client port of Quorate"};
    default:
      return {State::kUnreachable, ErrorFromStatus(status).message()};
  }
}

ReadinessProbe::ReadinessProbe(HostPort endpoint, security::TlsStore* tls)
    : probe_(std::move(endpoint), kReadyService, tls) {}

std::optional<std::string> ReadinessProbe::WhyNotReady(Duration timeout) {
  const HealthAnswer answer = probe_.Check(timeout);
  switch (answer.state) {
    case State::kServing:
      return std::nullopt;
    case State::kNotServing:
      return "not ready";
    case State::kUnknownService:
    case State::kUnreachable:
      return answer.why;
  }
  return answer.why;
}

std::variant<process::v1::SetLogLevelResponse, common::v1::Error> SetLogLevel(
    const HostPort& endpoint, const std::string& level, Duration timeout, security::TlsStore* tls) {
  process::v1::SetLogLevelRequest request;
  request.set_level(level);
  BlockingConnection connection(endpoint, tls);
  return AskOnce(connection, &process::v1::ProcessService::Stub::SetLogLevel, request, timeout);
}

std::variant<std::string, common::v1::Error> GetMetrics(const HostPort& endpoint, Duration timeout,
                                                        security::TlsStore* tls) {
  BlockingConnection connection(endpoint, tls);
  auto answer = AskOnce(connection, &process::v1::ProcessService::Stub::GetMetrics,
                        process::v1::GetMetricsRequest(), timeout);
  if (auto* error = std::get_if<Error>(&answer)) return std::move(*error);
  return std::move(*std::get<process::v1::GetMetricsResponse>(answer).mutable_page());
}

AuditProbe::AuditProbe(HostPort endpoint, security::TlsStore* tls)
    : connection_(std::move(endpoint), tls) {}

std::variant<audit::v1::ListAuditRecordsResponse, common::v1::Error> AuditProbe::List(
    const audit::v1::ListAuditRecordsRequest& request, Duration timeout) {
  return AskOnce(connection_, &audit::v1::AuditService::Stub::ListAuditRecords, request, timeout);
}

std::variant<BrokerView, common::v1::Error> ViewBroker(const HostPort& endpoint, Duration timeout,
                                                       bool with_topics, security::TlsStore* tls) {
  BrokerView view;
  const auto view_all = [&](const std::shared_ptr<grpc::Channel>& channel,
                            grpc::ClientContext* context) {
    BrokerViewService::Stub stub(channel);
    grpc::Status status = stub.DescribeBroker(context, {}, &view.broker);
    if (!status.ok()) return status;
    grpc::ClientContext roles_context;
    roles_context.set_deadline(context->deadline());
    status = stub.ListRoles(&roles_context, {}, &view.roles);
    if (!status.ok() || !with_topics) return status;
    grpc::ClientContext topics_context;
    topics_context.set_deadline(context->deadline());
    return stub.DescribeTopics(&topics_context, {}, &view.topics.emplace());
  };
  const grpc::Status status = BlockingConnection(endpoint, tls).Call(timeout, timeout, view_all);
  if (!status.ok()) return ErrorFromStatus(status);
  return view;
}

}  // namespace quorate::client
