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

// Tells the gate that a connection makes a call. Takes no part in the call.
class CallReporter final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  explicit CallReporter(std::shared_ptr<ConnectionGate> gate) : gate_(std::move(gate)) {}

  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override {
    gate_->OnCall([info] { return info->server_context()->peer(); });
    return nullptr;
  }

 private:
  const std::shared_ptr<ConnectionGate> gate_;
};

}  // namespace

absl::Status CheckCanListen(const HostPort& address, const std::string& option) {
  return Acceptor::Listen(address, option).status();
}

absl::StatusOr<Listener> OpenListener(const HostPort& address, const std::string& option,
                                      const std::shared_ptr<grpc::ServerCredentials>& credentials,
                                      int reserved_descriptors, const ConnectionLimits& limits,
                                      const std::shared_ptr<ConnectionInstruments>& instruments,
                                      const ConfigureListener& configure) {
  Listener listener;
  ASSIGN_OR_RETURN(listener.acceptor, Acceptor::Listen(address, option));
  listener.port = listener.acceptor->port();
  grpc::ServerBuilder builder;
  // Shared, because it must live until the gate passes its last connection on.
  const std::shared_ptr<grpc::experimental::ExternalConnectionAcceptor> connections =
      builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, credentials);
  // gRPC's default is two minutes.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             static_cast<int>(ToMs(limits.timeout)));
  static const SystemClock clock;
  const auto gate = std::make_shared<ConnectionGate>(
      option, limits, &clock, instruments, [connections](int socket, int connection) {
        grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters taken;
        taken.listener_fd = socket;
        taken.fd = connection;
        connections->HandleNewConnection(&taken);
      });
  InterceptorCreators interceptors;
  interceptors.push_back(std::make_unique<CallReporter>(gate));
  configure(builder, interceptors);
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
  listener.server = builder.BuildAndStart();
  if (listener.server == nullptr) {
    return absl::InternalError("gRPC cannot serve on " + option + ": see the log for the reason");
  }
  listener.acceptor->Start(reserved_descriptors, limits.max_descriptors, gate);
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
    const std::vector<grpc::Service*>& services, const ConnectionLimits& limits,
    const std::shared_ptr<ConnectionInstruments>& instruments) {
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // gRPC's health service has no descriptor, which reflection needs. This reference links ours in.
  CHECK(grpc::health::v1::HealthCheckRequest::descriptor() != nullptr);
  return OpenListener(
      address, option, credentials, kReservedFromClients, limits, instruments,
      [&](grpc::ServerBuilder& builder, InterceptorCreators& interceptors) {
        for (grpc::Service* service : services) builder.RegisterService(service);
        interceptors.push_back(MakeParseErrorReporter());
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
