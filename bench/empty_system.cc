#include "bench/empty_system.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <filesystem>
#include <memory>

#include "base/check.h"
#include "tests/harness/ports.h"

namespace quorate::bench {
namespace {

class EmptyService final : public admin::v1::AdminService::CallbackService {
 public:
  grpc::ServerUnaryReactor* IncrementalAlterConfigs(
      grpc::CallbackServerContext* context,
      const admin::v1::IncrementalAlterConfigsRequest* request,
      admin::v1::IncrementalAlterConfigsResponse* response) override {
    // As large as a controller's answer.
    for (const auto& changes : request->resources()) {
      *response->add_results()->mutable_resource() = changes.resource();
    }
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

void ServeEmpty(const std::string& endpoint) {
  EmptyService service;
  grpc::ServerBuilder builder;
  builder.AddListeningPort(endpoint, grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  CHECK(server != nullptr) << "cannot listen on " << endpoint;
  server->Wait();
  LOG(FATAL) << "nobody shuts this server down";
}

EmptySystem::EmptySystem(const std::string& flag) {
  const HostPort endpoint{"127.0.0.1", testing::FreePorts(1).front()};
  server_.emplace(std::vector<std::string>{std::filesystem::read_symlink("/proc/self/exe"),
                                           flag + "=" + endpoint.ToString()},
                  directory_.path() + "/empty.log");
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(10);
  CHECK(client::MakeChannel(endpoint)->WaitForConnected(deadline)) << server_->Log();
  writes_.emplace(endpoint, ConfigWrite());
}

LoadResult EmptySystem::Load(const LoadOptions& options) {
  return writes_->Run(options, {server_->pid()});
}

}  // namespace quorate::bench
