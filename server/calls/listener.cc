#include "server/calls/listener.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <memory>
#include <utility>

#include "base/check.h"
#include "grpc/health/v1/health.pb.h"
#include "server/calls/parse_errors.h"
#include "server/node/limits.h"

namespace quorate::server {
namespace {

// Servers ping after 10 s without data, as clients do (client/channel.h).
constexpr int kKeepaliveTimeMs = 10'000;
constexpr int kKeepaliveTimeoutMs = 5'000;
constexpr int kMinClientPingIntervalMs = 1'000;
// gRPC's default is two minutes, during which an idle connection costs memory.
constexpr int kHandshakeTimeoutMs = 10'000;

}  // namespace

absl::Status CheckCanListen(const HostPort& address, const std::string& option) {
  return Acceptor::Listen(address, option).status();
}

absl::StatusOr<Listener> OpenListener(const HostPort& address, const std::string& option,
                                      const std::shared_ptr<grpc::ServerCredentials>& credentials,
                                      int reserved_descriptors,
                                      const std::function<void(grpc::ServerBuilder&)>& configure) {
  Listener listener;
  ASSIGN_OR_RETURN(listener.acceptor, Acceptor::Listen(address, option));
  listener.port = listener.acceptor->port();
  grpc::ServerBuilder builder;
  // Shared, because it must live until the acceptor's last call of `on_connection`.
  const std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor> connections =
      builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, kHandshakeTimeoutMs);
  configure(builder);
  listener.server = builder.BuildAndStart();
  if (listener.server == nullptr) {
    return absl::InternalError("gRPC cannot serve on " + option + ": see the log for the reason");
  }
  listener.acceptor->Start(reserved_descriptors, [connections](int socket, int connection) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters taken;
    taken.listener_fd = socket;
    taken.fd = connection;
    connections->HandleNewConnection(&taken);
  });
  return listener;
}

void Close(Listener& listener, Duration timeout) {
  listener.acceptor->Stop();
  listener.server->Shutdown(std::chrono::system_clock::now() + timeout);
  listener.server->Wait();
}

absl::StatusOr<Listener> OpenClientListener(
    const HostPort& address, const std::string& option,
    const std::shared_ptr<grpc::ServerCredentials>& credentials,
    const std::vector<grpc::Service*>& services) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // gRPC's health service has no descriptor, which reflection needs. This reference links ours in.
  CHECK(grpc::health::v1::HealthCheckRequest::descriptor() != nullptr);
  return OpenListener(
      address, option, credentials, kReservedFromClients, [&](grpc::ServerBuilder& builder) {
        for (grpc::Service* service : services) builder.RegisterService(service);
        std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
            creators;
        creators.push_back(MakeParseErrorReporter());
        builder.experimental().SetInterceptorCreators(std::move(creators));
        builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
        builder.SetResourceQuota(grpc::ResourceQuota("clients").Resize(kGrpcQuotaBytes));
        builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection);
        // Otherwise gRPC buffers megabytes of a fast client's request before this process reads it.
        builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
        builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
        builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                                   kMinClientPingIntervalMs);
        builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
      });
}

}  // namespace quorate::server
