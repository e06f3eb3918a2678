#include "server/listener.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "grpc/health/v1/health.pb.h"
#include "server/parse_errors.h"

namespace quorate::server {
namespace {

// Clients ping after 10 s of silence (client/channel.h), and so do we.
constexpr int kKeepaliveTimeMs = 10'000;
constexpr int kKeepaliveTimeoutMs = 5'000;
constexpr int kMinClientPingIntervalMs = 1'000;

absl::Status CannotListen(const std::string& option, const HostPort& address, int error) {
  const char* remedy = "";
  if (error == EADDRINUSE) remedy = ": stop the process that listens there, or choose another port";
  if (error == EADDRNOTAVAIL) remedy = ": name an address of this host";
  if (error == EACCES) remedy = ": ports below 1024 need a privilege, choose another";
  return absl::FailedPreconditionError(absl::StrFormat(
      "cannot listen on %s %s: %s%s", option, address.ToString(), strerror(error), remedy));
}

// Binds and listens on `address`, and closes it again.
int TryListen(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int on = 1;
  // As gRPC: connections of the process before this one that are still closing are no obstacle.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  int error = 0;
  if (bind(fd, address.ai_addr, address.ai_addrlen) != 0 || listen(fd, 1) != 0) error = errno;
  close(fd);
  return error;
}

}  // namespace

absl::Status CheckCanListen(const HostPort& address, const std::string& option) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("cannot listen on %s %s: the host does not resolve (%s)", option,
                        address.ToString(), gai_strerror(failed)));
  }
  const int error = TryListen(*found);
  freeaddrinfo(found);
  return error == 0 ? absl::OkStatus() : CannotListen(option, address, error);
}

absl::StatusOr<Listener> OpenListener(const HostPort& address, const std::string& option,
                                      const std::function<void(grpc::ServerBuilder&)>& configure) {
  RETURN_IF_ERROR(CheckCanListen(address, option));
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address.ToString(), grpc::InsecureServerCredentials(), &port);
  // Otherwise two processes could share a port, each with half of the connections.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  configure(builder);
  Listener listener;
  listener.server = builder.BuildAndStart();
  if (listener.server == nullptr || port == 0) return CannotListen(option, address, EADDRINUSE);
  listener.port = static_cast<uint16_t>(port);
  return listener;
}

absl::StatusOr<Listener> OpenClientListener(const HostPort& address, const std::string& option,
                                            const std::vector<grpc::Service*>& services) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // gRPC's health service brings no descriptor: touching ours links it in, for reflection.
  CHECK(grpc::health::v1::HealthCheckRequest::descriptor() != nullptr);
  return OpenListener(address, option, [&](grpc::ServerBuilder& builder) {
    for (grpc::Service* service : services) builder.RegisterService(service);
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> creators;
    creators.push_back(MakeParseErrorReporter());
    builder.experimental().SetInterceptorCreators(std::move(creators));
    builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
    builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                               kMinClientPingIntervalMs);
    builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  });
}

}  // namespace quorate::server
