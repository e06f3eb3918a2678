// A simulated controller's machine: its disk and clocks, which outlast the processes that run on
// it, and what happens to them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/memory_kv.h"
#include "tests/sim/node_clock.h"
#include "tests/sim/process.h"

namespace quorate::sim {

class Machine {
 public:
  // `voters`: of the configuration, this machine's node id among them.
  Machine(const Surroundings& surroundings, NodeId id, std::vector<NodeId> voters);

  NodeId id() const { return id_; }
  const raft::ReplicaKey& key() const { return key_; }
  NodeClock& clock() { return clock_; }
  storage::MemoryKv& disk() { return *disk_; }
  // The process that runs; null: none does.
  Process* process() { return process_ && process_->alive() ? process_ : nullptr; }
  bool up() { return process() != nullptr; }

  // Starts a process, unless one runs. A disk that lost what it held keeps it from starting.
  void Start();
  // As kill -9; what the disk was not done with is lost.
  void Crash(const std::string& why);
  // The process ends by itself, with a Goodbye.
  void Stop();

  // Whether a process that ended is started again, after a while.
  void SetSupervised(bool supervised) { supervised_ = supervised; }
  // Of each million calls to its ports, how many a process dies after.
  void SetCrashPpm(uint64_t ppm) { crash_ppm_ = ppm; }
  // The disk is nearly full: nothing new may be accepted.
  void SetDiskFull(bool full) { disk_is_full_ = full; }

 private:
  absl::Status TryStart();
  void OnEnded();
  void AfterPortCall();
  void SaveWatermark();
  void Note(const std::string& what);

  const Surroundings surroundings_;
  const NodeId id_;
  const std::vector<NodeId> voters_;
  raft::ReplicaKey key_;
  NodeClock clock_;
  std::unique_ptr<storage::MemoryKv> disk_;
  std::optional<storage::LogState> watermark_;
  bool disk_is_full_ = false;
  bool supervised_ = true;
  uint64_t crash_ppm_ = 0;
  Process* process_ = nullptr;
  // Those that ended too: what is under way may still name them.
  std::vector<std::unique_ptr<Process>> processes_;
};

}  // namespace quorate::sim
