#include "client/attempt.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_format.h"
#include "client/channel.h"
#include "client/status_mapping.h"

namespace quorate::client {

grpc::Status TryOnce(const std::shared_ptr<grpc::Channel>& channel, Duration timeout,
                     Duration connect_timeout, Attempt attempt) {
  const auto deadline = std::chrono::system_clock::now() + timeout;
  const Duration patience = std::min(connect_timeout, timeout);
  if (!SettleConnection(*channel, patience)) {
    // Known not to have been sent, which gRPC's own DEADLINE_EXCEEDED would leave open.
    common::v1::Error error;
    error.set_code(common::v1::CONTROLLER_NOT_AVAILABLE);
    error.set_message(absl::StrFormat(
        "cannot connect: no answer from the host or its name server within %d ms", ToMs(patience)));
    error.set_outcome(common::v1::REFUSED);
    return StatusFromError(error);
  }
  grpc::ClientContext context;
  context.set_wait_for_ready(false);
  context.set_deadline(deadline);
  return attempt(channel, &context);
}

}  // namespace quorate::client
