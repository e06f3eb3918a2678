// A gRPC server on one address, as both programs open theirs: settings, errors that name the option
// and the remedy, and the port that was bound.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/host_port.h"
#include "server/acceptor.h"

namespace quorate::server {

// Whether this process could listen on `address` now. FAILED_PRECONDITION names `option` and what
// to do: so that a program can refuse before it has changed anything. Port 0 is always free.
absl::Status CheckCanListen(const HostPort& address, const std::string& option);

struct Listener {
  std::unique_ptr<grpc::Server> server;
  // Stop it before the server is shut down.
  std::unique_ptr<Acceptor> acceptor;
  // The bound one.
  uint16_t port = 0;
};

// Opens a listener for clients: with reflection, grpc.health.v1 (`""` serves from now on), a limit
// on requests and pings that find dead connections. Errors as CheckCanListen. The services outlive
// the server.
absl::StatusOr<Listener> OpenClientListener(const HostPort& address, const std::string& option,
                                            const std::vector<grpc::Service*>& services);

// Opens a listener that `configure` prepares (its services too). Its connections leave the last
// `reserved_descriptors` of the process free.
absl::StatusOr<Listener> OpenListener(const HostPort& address, const std::string& option,
                                      int reserved_descriptors,
                                      const std::function<void(grpc::ServerBuilder&)>& configure);

}  // namespace quorate::server
