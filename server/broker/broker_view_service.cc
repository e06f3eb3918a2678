#include "server/broker/broker_view_service.h"

#include <utility>

#include "client/status_mapping.h"

namespace quorate::server {
namespace {

grpc::Status Busy() {
  common::v1::Error error;
  error.set_code(common::v1::RESOURCE_EXHAUSTED);
  error.set_message("the broker is overloaded; try again later");
  error.set_outcome(common::v1::REFUSED);
  error.set_retry_after_ms(100);
  return client::StatusFromError(error);
}

}  // namespace

grpc::ServerUnaryReactor* BrokerViewServiceImpl::Answer(grpc::CallbackServerContext* context,
                                                        Task fill) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool accepted = loop_->TryPost([reactor, fill = std::move(fill)]() mutable {
    std::move(fill)();
    reactor->Finish(grpc::Status::OK);
  });
  if (!accepted) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerUnaryReactor* BrokerViewServiceImpl::GetIdentity(
    grpc::CallbackServerContext* context, const broker::v1::GetIdentityRequest* /*request*/,
    broker::v1::GetIdentityResponse* response) {
  *response = identity_;
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerUnaryReactor* BrokerViewServiceImpl::DescribeBroker(
    grpc::CallbackServerContext* context, const broker::v1::DescribeBrokerRequest* /*request*/,
    broker::v1::DescribeBrokerResponse* response) {
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  const bool accepted = session_loop_->TryPost([this, reactor, response] {
    broker_->DescribeSession(response);
    loop_->Post([this, reactor, response] {
      broker_->DescribeMetadata(response);
      reactor->Finish(grpc::Status::OK);
    });
  });
  if (!accepted) reactor->Finish(Busy());
  return reactor;
}

grpc::ServerUnaryReactor* BrokerViewServiceImpl::ListRoles(
    grpc::CallbackServerContext* context, const broker::v1::ListRolesRequest* /*request*/,
    broker::v1::ListRolesResponse* response) {
  return Answer(context, [this, response] { *response = broker_->ListRoles(); });
}

grpc::ServerUnaryReactor* BrokerViewServiceImpl::DescribeTopics(
    grpc::CallbackServerContext* context, const broker::v1::DescribeTopicsRequest* request,
    broker::v1::DescribeTopicsResponse* response) {
  return Answer(context,
                [this, request, response] { *response = broker_->DescribeTopics(*request); });
}

}  // namespace quorate::server
