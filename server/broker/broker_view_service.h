// Serves quorate.broker.v1.BrokerViewService: the state of a broker as the broker itself sees it.
#pragma once

#include <grpcpp/support/server_callback.h>

#include "base/executor.h"
#include "broker/broker.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"

namespace quorate::server {

class BrokerViewServiceImpl final : public broker::v1::BrokerViewService::CallbackService {
 public:
  // GetIdentity answers with `identity` without using the loops, so that it answers however busy
  // the broker is: the controller calls it while the broker registers. The loops are the broker's.
  // All arguments must outlive the service.
  BrokerViewServiceImpl(broker::v1::GetIdentityResponse identity, Executor* loop,
                        Executor* session_loop, const broker::Broker* broker)
      : identity_(std::move(identity)), loop_(loop), session_loop_(session_loop), broker_(broker) {}

  grpc::ServerUnaryReactor* GetIdentity(grpc::CallbackServerContext* context,
                                        const broker::v1::GetIdentityRequest* request,
                                        broker::v1::GetIdentityResponse* response) override;
  grpc::ServerUnaryReactor* DescribeBroker(grpc::CallbackServerContext* context,
                                           const broker::v1::DescribeBrokerRequest* request,
                                           broker::v1::DescribeBrokerResponse* response) override;
  grpc::ServerUnaryReactor* ListRoles(grpc::CallbackServerContext* context,
                                      const broker::v1::ListRolesRequest* request,
                                      broker::v1::ListRolesResponse* response) override;
  grpc::ServerUnaryReactor* DescribeTopics(grpc::CallbackServerContext* context,
                                           const broker::v1::DescribeTopicsRequest* request,
                                           broker::v1::DescribeTopicsResponse* response) override;

 private:
  // Runs `fill`, which writes the response, on the loop, and finishes the call. Finishes it with
  // RESOURCE_EXHAUSTED if the loop's queue is full.
  grpc::ServerUnaryReactor* Answer(grpc::CallbackServerContext* context, Task fill);

  const broker::v1::GetIdentityResponse identity_;
  Executor* const loop_;
  Executor* const session_loop_;
  const broker::Broker* const broker_;
};

}  // namespace quorate::server
