// Opens a gRPC server on one address. Both programs use it, so that their listeners have the same
// settings and the same errors, which name the option and the remedy.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_interceptor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/host_port.h"
#include "base/time.h"
#include "server/calls/acceptor.h"
#include "server/calls/connection_gate.h"

namespace quorate::server {

// Checks that this process can listen on `address` now, so that a program can refuse to start
// before it has changed anything. Returns FAILED_PRECONDITION if not; the message names `option`
// and the remedy. Port 0 is always free.
absl::Status CheckCanListen(const HostPort& address, const std::string& option);

struct Listener {
  std::unique_ptr<grpc::Server> server;
  // Stop it before the server is shut down.
  std::unique_ptr<Acceptor> acceptor;
  // The bound port.
  uint16_t port = 0;
};

// Stops accepting, and waits for up to `timeout` until all calls have ended. Then cancels them.
// REQUIRES: the listener is open.
void Close(Listener& listener, Duration timeout);

// Opens a listener for clients with these credentials, with reflection, grpc.health.v1 (service ""
// is SERVING from now on), a limit on the size of requests, and pings that find dead connections.
// Errors are those of CheckCanListen. The services must outlive the server.
absl::StatusOr<Listener> OpenClientListener(
    const HostPort& address, const std::string& option,
    const std::shared_ptr<grpc::ServerCredentials>& credentials,
    const std::vector<grpc::Service*>& services, const ConnectionLimits& limits = kConnectionLimits,
    const std::shared_ptr<ConnectionInstruments>& instruments =
        std::make_shared<ConnectionInstruments>());

using InterceptorCreators =
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>;
// Registers the services of a listener, sets its options and adds its interceptors.
using ConfigureListener = std::function<void(grpc::ServerBuilder&, InterceptorCreators&)>;

// Opens a listener. New connections pass a ConnectionGate with these limits. A connection whose
// handshakes (TLS and HTTP/2) take longer than `limits.timeout` is closed. The counts of its
// connections go to `instruments`. They leave the last `reserved_descriptors` file descriptors of
// the process free (Acceptor::Start).
absl::StatusOr<Listener> OpenListener(const HostPort& address, const std::string& option,
                                      const std::shared_ptr<grpc::ServerCredentials>& credentials,
                                      int reserved_descriptors, const ConnectionLimits& limits,
                                      const std::shared_ptr<ConnectionInstruments>& instruments,
                                      const ConfigureListener& configure);

}  // namespace quorate::server
