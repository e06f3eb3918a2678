// A simulated controller's machine: its disk and clocks, which outlast the processes that run on
// it, and what happens to them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "storage/memory_kv.h"
#include "storage/memory_snapshot_files.h"
#include "tests/sim/node_clock.h"
#include "tests/sim/process.h"

namespace quorate::sim {

class Machine {
 public:
  Machine(const Surroundings& surroundings, NodeId id);

  NodeId id() const { return id_; }
  // As the others know it.
  raft::Voter voter() const;
  NodeClock& clock() { return clock_; }
  // The process that runs; null: none does.
  Process* process() { return process_ && process_->alive() ? process_ : nullptr; }
  bool up() { return process() != nullptr; }
  // Its processes are started as observers: with the disk that it has it did not found the cluster.
  bool is_observer() const { return is_observer_; }

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

  // Faults of the disk that pass.
  void SetDiskFull(bool full) { disk_is_full_ = full; }
  void SetDiskSlow(bool slow) { disk_is_slow_ = slow; }
  // The next write fails, and the process with it.
  void FailNextWrite(storage::MemoryKv::FailedWrite left_behind);

  // These, and a disk that hangs, are over.
  void RepairDisk();
  // The process neither is down nor stands still.
  void GoOn();

  // Faults of the disk that stay: from now on the replica may be lost to the cluster.
  // The process ends, and the next one finds an empty disk, under another directory id: another
  // replica, which joins as an observer.
  void WipeDisk();
  // Flips any bit.
  void FlipBit();
  // An entry takes another one's place.
  void MisdirectWrite();
  // The process ends, and the next one finds the newest snapshot damaged.
  void DamageSnapshot();
  const raft::ReplicaKey& key() const { return key_; }
  bool damaged() const { return surroundings_.electorate->IsLost(key_); }
  // It takes no part in the founding of the cluster any more.
  bool founded() const;

 private:
  struct Disk {
    storage::MemoryKv log;
    storage::MemorySnapshotFiles snapshots;
  };

  absl::Status TryStart();
  void OnFatal(const absl::Status& status);
  void OnEnded();
  void SetDamaged();
  void AfterPortCall();
  Duration WriteLatency() const;
  Duration ReadLatency() const;
  void SaveWatermark();
  void Note(const std::string& what);

  const Surroundings surroundings_;
  const NodeId id_;
  bool is_observer_;
  raft::ReplicaKey key_;
  NodeClock clock_;
  std::unique_ptr<Disk> disk_;
  std::optional<storage::LogState> watermark_;
  // And those that it had before: processes that ended may still name them.
  std::vector<std::unique_ptr<Disk>> old_disks_;
  bool disk_is_full_ = false;
  bool disk_is_slow_ = false;
  bool write_fails_ = false;
  bool supervised_ = true;
  uint64_t crash_ppm_ = 0;
  Process* process_ = nullptr;
  // Those that ended too: what is under way may still name them.
  std::vector<std::unique_ptr<Process>> processes_;
};

}  // namespace quorate::sim
