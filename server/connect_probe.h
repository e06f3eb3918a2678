// A plain connect(2): whether anything listens at an address. It stands apart from gRPC because a
// channel answers that question late (it waits out a back-off first) and never says "refused",
// which is what tells a dead process from a silent network.
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
  kRefused,   // the host says that nothing listens there
  kNoAnswer,  // no route, no such name, or silence: proof of nothing
};

struct ConnectOutcome {
  ConnectResult result = ConnectResult::kNoAnswer;
  // The address that answered, as connect(2) was given it: never a name. Only if connected.
  HostPort address;
  // Why not, for logs. Empty if connected.
  std::string error;
};

// Connects and closes again, on threads of its own, because name resolution blocks. Thread-safe.
class ConnectProber {
 public:
  // At most `max_concurrent` threads, made when they are needed; further probes wait their turn.
  explicit ConnectProber(size_t max_concurrent);
  // Stops first.
  ~ConnectProber();

  // Tries the addresses of `address` in turn. `done` runs once, on one of the prober's threads, at
  // the latest after `timeout` (kNoAnswer); it only hands the value on.
  void Probe(HostPort address, Duration timeout, absl::AnyInvocable<void(ConnectOutcome) &&> done);

  // Once this returns, no `done` runs any more: what is under way is given up, unanswered.
  // Idempotent; not from a `done`.
  void Stop();

 private:
  struct State;
  // Shared with the threads, which may outlive this object.
  const std::shared_ptr<State> state_;
};

}  // namespace quorate::server
