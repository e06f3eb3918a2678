#include "server/broker/broker_controller_channel.h"

#include <grpcpp/client_context.h>

#include <utility>
#include <variant>

#include "base/check.h"

namespace quorate::server {
namespace {

template <typename Request, typename Response>
struct UnaryCall {
  grpc::ClientContext context;
  Request request;
  Response response;
  broker::CallDone<Response> done;
};

}  // namespace

broker::v1::BrokerService::Stub* BrokerControllerChannel::StubTo(const std::string& endpoint) {
  std::shared_ptr<const security::TlsMaterial> material =
      calls_->tls() == nullptr ? nullptr : calls_->tls()->Current();
  if (stub_ == nullptr || endpoint != endpoint_ || material != material_) {
    const std::shared_ptr<grpc::Channel> channel = calls_->Dial(endpoint);
    stub_ = channel == nullptr ? nullptr : broker::v1::BrokerService::NewStub(channel);
    endpoint_ = endpoint;
    material_ = std::move(material);
  }
  return stub_.get();
}

template <typename Request, typename Response>
void BrokerControllerChannel::Call(void (Async::*method)(grpc::ClientContext*, const Request*,
                                                         Response*,
                                                         std::function<void(grpc::Status)>),
                                   const std::string& endpoint, Duration timeout, Request request,
                                   broker::CallDone<Response> done) {
  auto call = std::make_shared<UnaryCall<Request, Response>>();
  call->request = std::move(request);
  call->done = std::move(done);
  call->context.set_deadline(std::chrono::system_clock::now() + timeout);
  // Moves the call to the loop, so that it is not destroyed on a gRPC thread (broker_calls.h).
  auto finish = [call, loop = loop_, calls = calls_](const grpc::Status& status) mutable {
    loop->Post([call = std::move(call), calls, status] {
      std::move(call->done)(status.ok() ? broker::CallResult<Response>(std::move(call->response))
                                        : broker::CallResult<Response>(CallEnd(status)));
      calls->Remove(&call->context);
    });
  };
  broker::v1::BrokerService::Stub* stub = StubTo(endpoint);
  if (stub == nullptr || !calls_->Add({call, &call->context})) {
    finish(CannotDial(endpoint));
    return;
  }
  grpc::ClientContext* const context = &call->context;
  const Request* const sent = &call->request;
  Response* const received = &call->response;
  call.reset();  // `finish` owns it now
  (stub->async()->*method)(context, sent, received, std::move(finish));
}

void BrokerControllerChannel::RegisterBroker(
    const std::string& endpoint, Duration timeout, broker::v1::RegisterBrokerRequest request,
    broker::CallDone<broker::v1::RegisterBrokerResponse> done) {
  Call(&Async::RegisterBroker, endpoint, timeout, std::move(request), std::move(done));
}

void BrokerControllerChannel::AlterPartition(
    const std::string& endpoint, Duration timeout, broker::v1::AlterPartitionRequest request,
    broker::CallDone<broker::v1::AlterPartitionResponse> done) {
  Call(&Async::AlterPartition, endpoint, timeout, std::move(request), std::move(done));
}

void BrokerControllerChannel::ReportRoles(const std::string& endpoint, Duration timeout,
                                          broker::v1::ReportRolesRequest request,
                                          broker::CallDone<broker::v1::ReportRolesResponse> done) {
  Call(&Async::ReportRoles, endpoint, timeout, std::move(request), std::move(done));
}

void BrokerControllerChannel::OpenHeartbeat(
    const std::string& endpoint, absl::AnyInvocable<void(broker::HeartbeatEvent)> on_event) {
  CHECK(heartbeat_ == nullptr) << "a heartbeat stream is open";
  heartbeat_ = std::make_shared<BrokerHeartbeatCall>(
      endpoint, loop_, clock_, calls_,
      [this, on_event = std::move(on_event)](broker::HeartbeatEvent event) mutable {
        if (std::holds_alternative<common::v1::Error>(event)) heartbeat_.reset();
        on_event(std::move(event));
      });
  heartbeat_->Start();
}

void BrokerControllerChannel::SendHeartbeat(broker::v1::HeartbeatRequest request) {
  CHECK(heartbeat_ != nullptr) << "no heartbeat stream is open";
  heartbeat_->Send(std::move(request));
}

void BrokerControllerChannel::CloseHeartbeat(broker::v1::HeartbeatRequest goodbye, Task closed) {
  CHECK(heartbeat_ != nullptr) << "no heartbeat stream is open";
  std::exchange(heartbeat_, nullptr)->Close(std::move(goodbye), std::move(closed));
}

}  // namespace quorate::server
