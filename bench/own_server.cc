#include "bench/own_server.h"

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <filesystem>

#include "base/check.h"
#include "client/channel.h"

namespace quorate::bench {

std::unique_ptr<testing::Process> StartOwnServer(const HostPort& endpoint,
                                                 const std::vector<std::string>& flags,
                                                 const std::string& log) {
  std::vector<std::string> command = {std::filesystem::read_symlink("/proc/self/exe")};
  command.insert(command.end(), flags.begin(), flags.end());
  auto server = std::make_unique<testing::Process>(std::move(command), log);
  const auto deadline = std::chrono::system_clock::now() + std::chrono::seconds(10);
  CHECK(client::MakeChannel(endpoint)->WaitForConnected(deadline)) << server->Log();
  return server;
}

std::unique_ptr<grpc::Server> Listen(const std::string& endpoint, grpc::Service* service) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(endpoint, grpc::InsecureServerCredentials());
  builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  CHECK(server != nullptr) << "cannot listen on " << endpoint;
  return server;
}

}  // namespace quorate::bench
