#include "client/blocking_connection.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "client/channel.h"
#include "client/status_mapping.h"

namespace quorate::client {
namespace {

using SystemTime = std::chrono::system_clock::time_point;

// Waits until the channel has connected or failed to connect, so that a call which does not wait
// for a connection reports the result at once. Returns false if neither happened by the deadline.
bool SettleConnection(grpc::Channel& channel, SystemTime deadline) {
  while (true) {
    const grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
    if (state != GRPC_CHANNEL_IDLE && state != GRPC_CHANNEL_CONNECTING) return true;
    if (!channel.WaitForStateChange(state, deadline)) return false;
  }
}

// Returns a status that says that the call was not sent. gRPC's own DEADLINE_EXCEEDED would not say
// so.
grpc::Status NoConnection(Duration patience) {
  common::v1::Error error;
  error.set_code(common::v1::CONTROLLER_NOT_AVAILABLE);
  error.set_message(absl::StrFormat(
      "cannot connect: no answer from the host or its name server within %d ms", ToMs(patience)));
  error.set_outcome(common::v1::REFUSED);
  return StatusFromError(error);
}

}  // namespace

BlockingConnection::BlockingConnection(HostPort endpoint, security::TlsStore* tls)
    : endpoint_(std::move(endpoint)), tls_(tls) {}

grpc::Status BlockingConnection::Call(Duration timeout, Duration connect_timeout, Attempt attempt) {
  const SystemTime start = std::chrono::system_clock::now();
  const Duration patience = std::min(connect_timeout, timeout);
  if (channel_ == nullptr) {
    if (tls_ != nullptr) tls_->Refresh();
    channel_ = MakeChannel(endpoint_, tls_);
  }
  if (!SettleConnection(*channel_, start + patience)) {
    channel_ = nullptr;
    return NoConnection(patience);
  }
  grpc::ClientContext context;
  context.set_wait_for_ready(false);
  context.set_deadline(start + timeout);
  grpc::Status status = attempt(channel_, &context);
  if (!status.ok() && channel_->GetState(/*try_to_connect=*/false) != GRPC_CHANNEL_READY) {
    channel_ = nullptr;
  }
  return status;
}

}  // namespace quorate::client
