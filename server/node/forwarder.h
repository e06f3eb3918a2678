// The interface through which the router sends a request to another controller. The peer transport
// implements it; tests use a fake.
#pragma once

#include <string>
#include <variant>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/ids.h"
#include "quorate/raft/v1/raft_service.pb.h"

namespace quorate::server {

// Why a forwarded request got no answer.
struct ForwardFailure {
  // Whether the request may have reached the other controller. If false, sending it again is safe.
  bool maybe_sent = true;
  std::string message;
};

using ForwardResult = std::variant<raft::v1::ForwardResponse, ForwardFailure>;

// Thread-safe. Never blocks.
class Forwarder {
 public:
  virtual ~Forwarder() = default;

  // Sends `request` to controller `to` once, without a retry. Calls `done` exactly once, on any
  // thread, at the latest shortly after `deadline`.
  virtual void Forward(NodeId to, raft::v1::ForwardRequest request, MonoTime deadline,
                       absl::AnyInvocable<void(ForwardResult) &&> done) = 0;
};

}  // namespace quorate::server
