// One attempt at a unary call on one endpoint: what the failover loop repeats, and what callers use
// who ask a certain process and no other.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>

#include "absl/functional/function_ref.h"
#include "base/clock.h"

namespace quorate::client {

// Makes the call on a channel, under a context whose deadline is set.
using Attempt = absl::FunctionRef<grpc::Status(const std::shared_ptr<grpc::Channel>& channel,
                                               grpc::ClientContext* context)>;

// Connects within `connect_timeout`, then calls; all within `timeout`. Without a connection nothing
// is sent, and the status says so (ErrorFromStatus gives outcome REFUSED). Blocks.
grpc::Status TryOnce(const std::shared_ptr<grpc::Channel>& channel, Duration timeout,
                     Duration connect_timeout, Attempt attempt);

}  // namespace quorate::client
