// One controller: what it is made of, in which order it starts, and in which it stops.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/controller_config.h"

namespace quorate::server {

class ControllerServer {
 public:
  // The node cannot go on (raft_node.h); called once, on any thread. The process should end.
  using FatalCallback = absl::AnyInvocable<void(absl::Status)>;

  // Opens everything and takes part in the quorum. Errors, whose messages name the thing and the
  // remedy, leave nothing changed: FAILED_PRECONDITION (a port in use, a data directory of another
  // node or in use, other voters than at the first start), DATA_LOSS (a damaged log).
  static absl::StatusOr<std::unique_ptr<ControllerServer>> Start(const ControllerConfig& config,
                                                                 FatalCallback on_fatal);

  // Leaves in good order: not ready, leadership handed over, new requests refused, what waits
  // failed, streams ended, listeners closed, loops stopped. Blocks for at most a few seconds.
  void Stop();

  // Stops first.
  ~ControllerServer();

  // The bound ports.
  uint16_t client_port() const;
  uint16_t peer_port() const;

 private:
  class Impl;
  explicit ControllerServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::server
