// The machine of a simulated controller: its disk and clocks, which outlive its processes, and its
// faults.
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
  // The voter as the others know it.
  raft::Voter voter() const;
  NodeClock& clock() { return clock_; }
  // The running process, or null if none runs.
  Process* process() { return process_ && process_->alive() ? process_ : nullptr; }
  bool up() { return process() != nullptr; }
  // Whether its processes are started as observers, because its current disk did not take part in
  // the founding.
  bool is_observer() const { return is_observer_; }

  // Starts a process unless one runs. A process whose disk has lost data does not start.
  void Start();
  // Ends the process like kill -9. Unfinished writes are lost.
  void Crash(const std::string& why);
  // Lets the process end by itself, with a Goodbye.
  void Stop();

  // Sets whether an ended process is started again after some time.
  void SetSupervised(bool supervised) { supervised_ = supervised; }
  // Sets after how many of each million port calls a process crashes.
  void SetCrashPpm(uint64_t ppm) { crash_ppm_ = ppm; }

  // Temporary disk faults.
  void SetDiskFull(bool full) { disk_is_full_ = full; }
  void SetDiskSlow(bool slow) { disk_is_slow_ = slow; }
  // Lets the next write fail, which ends the process.
  void FailNextWrite(storage::MemoryKv::FailedWrite left_behind);

  // Ends the temporary faults, including a hanging disk.
  void RepairDisk();
  // Starts the process, or resumes it if it is paused.
  void StartOrResume();

  // Permanent disk faults. From now on the cluster may have lost the replica.
  // Ends the process. The next one finds an empty disk and gets another directory id, so it is
  // another replica, which joins as an observer.
  void WipeDisk();
  // Flips a random bit.
  void FlipBit();
  // Overwrites an entry with another one.
  void MisdirectWrite();
  // Ends the process. The next one finds the newest snapshot damaged.
  void DamageSnapshot();
  const raft::ReplicaKey& key() const { return key_; }
  bool damaged() const { return surroundings_.electorate->IsLost(key_); }
  // Returns whether it no longer takes part in the founding of the cluster.
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
  void SaveLossWatermark();
  void Note(const std::string& what);

  const Surroundings surroundings_;
  const NodeId id_;
  bool is_observer_;
  raft::ReplicaKey key_;
  NodeClock clock_;
  std::unique_ptr<Disk> disk_;
  std::optional<storage::LogState> watermark_;
  // The previous disks. Tasks of ended processes may still refer to them.
  std::vector<std::unique_ptr<Disk>> old_disks_;
  bool disk_is_full_ = false;
  bool disk_is_slow_ = false;
  bool write_fails_ = false;
  bool supervised_ = true;
  uint64_t crash_ppm_ = 0;
  Process* process_ = nullptr;
  // All processes, including ended ones. Pending tasks may still refer to them.
  std::vector<std::unique_ptr<Process>> processes_;
};

}  // namespace quorate::sim
