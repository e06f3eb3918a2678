// Finds out with a plain connect(2) whether a process listens at an address. A gRPC channel cannot
// answer that: it reports late, because it backs off first, and it does not report that a
// connection was refused. A refused connection is what distinguishes a dead process from a silent
// network.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/host_port.h"

namespace quorate::server {

enum class ConnectResult {
  kConnected,
  kRefused,   // the host reports that no process listens there
  kNoAnswer,  // no route, unknown name, or timeout: proves nothing
};

struct ConnectOutcome {
  ConnectResult result = ConnectResult::kNoAnswer;
  // The numeric address that accepted the connection. Set only if connected.
  HostPort address;
  // Why the probe did not connect, for logs. Empty if connected.
  std::string error;
};

// Opens a connection and closes it again. Uses its own threads, because name resolution blocks.
// Thread-safe.
class ConnectProber {
 public:
  // Uses at most `max_concurrent` threads for probes, which it starts when they are needed. Further
  // probes wait in a queue.
  explicit ConnectProber(size_t max_concurrent);
  // Calls Stop.
  ~ConnectProber();

  // Tries the addresses that `address` resolves to, one after the other. `done` runs once, on one
  // of the prober's threads, and must not block. If there is no result after `timeout`, it gets
  // kNoAnswer.
  void Probe(HostPort address, Duration timeout, absl::AnyInvocable<void(ConnectOutcome) &&> done);

  // Abandons all pending probes, without calling their `done`. No `done` runs after it returns.
  // Idempotent. Must not be called from a `done`.
  void Stop();

 private:
  struct State;
  // Shared with the threads, which may outlive this object: name resolution cannot be interrupted.
  const std::shared_ptr<State> state_;
};

}  // namespace quorate::server
