// The port through which a request reaches another controller. The peer transport implements it;
// tests by hand.
#pragma once

#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/ids.h"
#include "quorate/raft/v1/raft_service.pb.h"

namespace quorate::server {

// How a forwarded request failed without an answer.
struct ForwardFailure {
  // Whether the request may have reached the other controller.
  bool maybe_sent = true;
  std::string message;
};

using ForwardResult = std::variant<raft::v1::ForwardResponse, ForwardFailure>;

// Thread-safe; never blocks.
class Forwarder {
 public:
  virtual ~Forwarder() = default;

  // Sends once. `done` is called exactly once, on any thread, soon after `deadline` at the latest.
  virtual void Forward(NodeId to, raft::v1::ForwardRequest request, MonoTime deadline,
                       absl::AnyInvocable<void(ForwardResult) &&> done) = 0;
};

}  // namespace quorate::server
