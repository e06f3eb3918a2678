#include "client/probes.h"

#include <utility>

#include "client/attempt.h"
#include "client/channel.h"
#include "client/status_mapping.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"

namespace quorate::client {
namespace {

using broker::v1::BrokerViewService;
using ::grpc::health::v1::Health;
using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

constexpr char kReadyService[] = "quorate.ready";

}  // namespace

ReadinessProbe::ReadinessProbe(HostPort endpoint)
    : endpoint_(std::move(endpoint)), channel_(MakeChannel(endpoint_)) {}

std::optional<std::string> ReadinessProbe::WhyNotReady(Duration timeout) {
  HealthCheckRequest request;
  request.set_service(kReadyService);
  HealthCheckResponse response;
  const grpc::Status status =
      TryOnce(channel_, timeout, timeout,
              [&](const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
                return Health::Stub(channel).Check(context, request, &response);
              });
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    return "serves no 'quorate.ready': it is no controller or broker of Quorate";
  }
  if (!status.ok()) return ErrorFromStatus(status).message();
  if (response.status() != HealthCheckResponse::SERVING) return "not ready";
  return std::nullopt;
}

std::variant<BrokerView, common::v1::Error> ViewBroker(const HostPort& endpoint, Duration timeout) {
  BrokerView view;
  const grpc::Status status =
      TryOnce(MakeChannel(endpoint), timeout, timeout,
              [&](const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
                BrokerViewService::Stub stub(channel);
                grpc::Status described = stub.DescribeBroker(context, {}, &view.broker);
                if (!described.ok()) return described;
                grpc::ClientContext second_context;
                second_context.set_deadline(context->deadline());
                return stub.ListRoles(&second_context, {}, &view.roles);
              });
  if (!status.ok()) return ErrorFromStatus(status);
  return view;
}

}  // namespace quorate::client
