// A complete controller: constructs its parts, connects them, and starts and stops them in order.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/program/controller_config.h"

namespace quorate::server {

// Not thread-safe.
class ControllerServer {
 public:
  // Called at most once, on any thread, when the node cannot go on (raft_node.h). The process
  // should end.
  using FatalCallback = absl::AnyInvocable<void(absl::Status)>;

  // Opens everything and starts to take part in the quorum. An error leaves nothing changed, and
  // its message names the problem and the remedy. It is FAILED_PRECONDITION if a port is in use,
  // the data directory is in use or belongs to another node, or --voters differs from the first
  // start; it is DATA_LOSS if the log is damaged.
  static absl::StatusOr<std::unique_ptr<ControllerServer>> Start(const ControllerConfig& config,
                                                                 FatalCallback on_fatal);

  // Stops in good order: reports not ready, transfers leadership, refuses new requests, fails
  // pending ones, ends streams, closes the listeners and stops the loops. Blocks for at most a few
  // seconds.
  void Stop();

  // Calls Stop.
  ~ControllerServer();

  // Return the bound ports. metrics_port returns nullopt if there is no metrics listener.
  uint16_t client_port() const;
  uint16_t peer_port() const;
  std::optional<uint16_t> metrics_port() const;

 private:
  class Impl;
  explicit ControllerServer(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::server
