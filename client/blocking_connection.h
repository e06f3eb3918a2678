// A connection to one endpoint for blocking callers. It connects, makes a call, and reconnects
// after a failure. FailoverCaller uses one for each endpoint, and callers of a specific process use
// it directly.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>

#include "absl/functional/function_ref.h"
#include "base/clock.h"
#include "base/host_port.h"
#include "security/tls_store.h"

namespace quorate::client {

// Makes one call on a channel. The deadline of the context is already set.
using Attempt = absl::FunctionRef<grpc::Status(const std::shared_ptr<grpc::Channel>& channel,
                                               grpc::ClientContext* context)>;

// Not thread-safe. Calls block.
class BlockingConnection {
 public:
  // Does not connect before the first call. `tls` secures the connection (MakeChannel), and must
  // outlive this object. Each new connection uses the newest certificate.
  explicit BlockingConnection(HostPort endpoint, security::TlsStore* tls = nullptr);

  const HostPort& endpoint() const { return endpoint_; }

  // Connects within `connect_timeout` if there is no connection, then makes the call. Connecting
  // and calling together take at most `timeout`. If there is no connection, nothing is sent, and
  // ErrorFromStatus of the returned status has the outcome REFUSED.
  grpc::Status Call(Duration timeout, Duration connect_timeout, Attempt attempt);

 private:
  const HostPort endpoint_;
  security::TlsStore* const tls_;
  // Null before the first call, and after a call that left no working connection. gRPC advances the
  // reconnecting of a channel only while a thread polls. A blocking caller polls only during its
  // calls, and until then those calls fail with the previous error. A new channel reports the
  // current state at once.
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace quorate::client
