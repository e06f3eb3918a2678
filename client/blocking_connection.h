// One endpoint for callers that block: connects, calls, and begins anew after a failure. What the
// failover loop goes round, and what callers use who ask a certain process and no other.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>

#include "absl/functional/function_ref.h"
#include "base/clock.h"
#include "base/host_port.h"

namespace quorate::client {

// Makes the call on a channel, under a context whose deadline is set.
using Attempt = absl::FunctionRef<grpc::Status(const std::shared_ptr<grpc::Channel>& channel,
                                               grpc::ClientContext* context)>;

// Not thread-safe.
class BlockingConnection {
 public:
  // Dials nothing before the first call.
  explicit BlockingConnection(HostPort endpoint);

  const HostPort& endpoint() const { return endpoint_; }

  // Connects within `connect_timeout` unless it is connected, then calls; all within `timeout`.
  // Without a connection nothing is sent, and the status says so (ErrorFromStatus gives outcome
  // REFUSED).
  grpc::Status Call(Duration timeout, Duration connect_timeout, Attempt attempt);

 private:
  const HostPort endpoint_;
  // Null before the first call, and after one that left no working connection. gRPC moves a
  // reconnecting channel on only while some thread polls, which a blocking caller does in its calls
  // and not between them, and it fails those calls with the old reason meanwhile: a new channel
  // knows at once how things are.
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace quorate::client
