// The parameters of one seed's world: every number on which a run depends, drawn before it begins.
// Each seed enables some faults and leaves others out, so that rare combinations occur ("swarm
// testing", Groce et al. 2012).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/random.h"
#include "raft/core/raft_options.h"
#include "tests/sim/network.h"

namespace quorate::sim {

enum class FaultKind {
  // Processes.
  kCrash,  // kill -9 and a restart
  kStop,   // an orderly restart
  kPause,
  kTransfer,      // not a fault, but equally disturbing
  kChangeVoters,  // also not a fault
  // Paths between machines.
  kIsolate,  // one machine from all others
  kSplit,    // any two groups from each other
  kCutOneWay,
  kClog,
  kReset,
  // Disks.
  kHangDisk,
  kSlowDisk,
  kFailWrite,  // a failed write or sync, whose data may or may not be on the disk
  kFillDisk,
  // Permanent faults of disks, never of a majority of the voters.
  kWipeDisk,
  kFlipBit,
  kMisdirectWrite,
  kDamageSnapshot,
  // Clocks.
  kLeapAhead,
  kShiftWall,
};
inline constexpr int kFaultKinds = static_cast<int>(FaultKind::kShiftWall) + 1;

struct Swarm {
  // The founders have the node ids from 1 on, followed by the nodes that join as observers.
  int voters = 3;
  int observers = 0;
  // The length of the phase with faults.
  Duration length = std::chrono::seconds(10);
  NetworkOptions network;
  // Timeouts and limits. Identity and voters are filled in later.
  raft::RaftOptions raft;

  // The duration of one round of a disk.
  Duration write_min = std::chrono::microseconds(100);
  Duration write_max = std::chrono::milliseconds(2);
  Duration read_max = std::chrono::milliseconds(1);

  // The time before the first fault.
  Duration calm{0};
  // The enabled faults, and the average time between two faults.
  std::vector<FaultKind> faults;
  Duration fault_pause = std::chrono::seconds(1);
  // The longest duration of a temporary fault.
  Duration fault_max = std::chrono::seconds(1);
  // After how many of each million port calls a process crashes.
  uint64_t crash_ppm = 0;
  // The largest drift of clocks.
  uint64_t drift_ppm = 0;

  // An ended process is started again within this time.
  Duration restart_max = std::chrono::seconds(1);

  // Each controller saves a snapshot after this many entries on average. 0 means never.
  uint64_t snapshot_every = 0;

  // The average time between two operations of the clients.
  Duration client_pause = std::chrono::milliseconds(150);
  size_t value_bytes = 32;

  // The number of strangers (strangers.h), and the average time between two messages of each.
  int strangers = 0;
  Duration stranger_pause = std::chrono::milliseconds(50);
  uint64_t stranger_seed = 0;

  // The seed of the brokers and their paths, or nullopt if there are no brokers.
  std::optional<uint64_t> broker_seed;
  // How long a broker must have been back before it leads its partitions again. Zero means that
  // leaders stay where they are.
  Duration leader_balance_interval{0};

  // Draws the parameters. `voters` and `observers` are used instead of drawn values if they are
  // given.
  static Swarm Draw(Rng& rng, std::optional<int> voters, std::optional<int> observers);
  std::vector<NodeId> Founders() const { return NodeIds(voters); }
  std::vector<NodeId> Everybody() const { return NodeIds(voters + observers); }
  bool Has(FaultKind kind) const {
    return std::find(faults.begin(), faults.end(), kind) != faults.end();
  }

 private:
  static std::vector<NodeId> NodeIds(int last);
};

// Returns a uniform random duration in [min, max].
Duration RandomBetween(Rng& rng, Duration min, Duration max);

}  // namespace quorate::sim
