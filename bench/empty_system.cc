#include "bench/empty_system.h"

#include "base/check.h"
#include "bench/own_server.h"
#include "tests/harness/ports.h"

namespace quorate::bench {
namespace {

class EmptyService final : public admin::v1::AdminService::CallbackService {
 public:
  grpc::ServerUnaryReactor* IncrementalAlterConfigs(
      grpc::CallbackServerContext* context,
      const admin::v1::IncrementalAlterConfigsRequest* request,
      admin::v1::IncrementalAlterConfigsResponse* response) override {
    FillAnswer(*request, response);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

void ServeEmpty(const std::string& endpoint) {
  EmptyService service;
  Listen(endpoint, &service)->Wait();
  LOG(FATAL) << "nobody shuts this server down";
}

EmptySystem::EmptySystem() {
  const HostPort endpoint{"127.0.0.1", testing::FreePorts(1).front()};
  server_ = StartOwnServer(endpoint, {kEndpointFlag + ("=" + endpoint.ToString())},
                           directory_.path() + "/empty.log");
  writes_.emplace(endpoint, ConfigWrite());
}

LoadResult EmptySystem::Load(const LoadOptions& options) {
  return writes_->Run(options, {server_->pid()});
}

}  // namespace quorate::bench
