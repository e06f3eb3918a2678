// What one seed's world is like: every number that a run depends on, drawn before it begins. Each
// seed turns some faults on and leaves others out, so that rare combinations come up ("swarm
// testing", Groce et al. 2012).
#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "raft/raft_options.h"
#include "tests/sim/network.h"

namespace quorate::sim {

struct Swarm {
  int voters = 3;
  // Of the phase with faults.
  Duration length = std::chrono::seconds(10);
  NetworkOptions network;
  // Timeouts and limits; identity and voters are filled in.
  raft::RaftOptions raft;

  // One round of a disk.
  Duration write_min = std::chrono::microseconds(100);
  Duration write_max = std::chrono::milliseconds(2);
  Duration read_max = std::chrono::milliseconds(1);

  // A process that ended is started again within this time.
  Duration restart_max = std::chrono::seconds(1);

  // Between two operations of the clients, on average.
  Duration client_pause = std::chrono::milliseconds(100);
  size_t value_bytes = 32;

  // `voters`: not drawn, but given.
  static Swarm Draw(Rng& rng, std::optional<int> voters);
};

// Uniform in [min, max].
Duration RandomBetween(Rng& rng, Duration min, Duration max);

}  // namespace quorate::sim
