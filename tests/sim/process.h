// One run of a controller on a simulated machine: the real driver over the real core, the real log
// over the machine's disk, and a user on top. It can end anywhere between two of its calls to a
// port.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "raft/raft_node.h"
#include "storage/log_store.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/executors.h"
#include "tests/sim/snapshots.h"
#include "tests/sim/surroundings.h"
#include "tests/sim/user.h"

namespace quorate::sim {

class Process final : private raft::StepObserver {
 public:
  // The machine that it runs on. Outlives the process.
  struct Host {
    raft::RaftOptions options;
    const NodeClock* clock = nullptr;
    storage::KvStore* kv = nullptr;
    storage::SnapshotFiles* snapshot_files = nullptr;
    std::function<bool()> has_free_space;
    // What one round of the disk takes, asked before each.
    std::function<Duration()> write_latency;
    std::function<Duration()> read_latency;
    // After each call to a port; may kill the process.
    std::function<void()> after_call;
    // The process gave up, and has ended.
    std::function<void(absl::Status)> on_fatal;
  };

  Process(const Surroundings& surroundings, Host host);
  ~Process() override;

  // With what the disk holds. An error: the controller refuses to start.
  absl::Status Start(storage::RecoveredLog recovered);

  // As kill -9. Nothing of it runs any more, and what it is in the middle of has no effect. The
  // object must stay until the world ends.
  void Kill();
  // As SIGTERM, without a hand-over: it says Goodbye, and `done` runs.
  void Stop(std::function<void()> done);
  // As SIGSTOP and SIGCONT; neither adds up.
  void Pause();
  void Resume();
  // The disk stands still, and the process goes on.
  void HangDisk();
  void ReleaseDisk();

  // Runs the task on the process's loop: never, if the process ends before.
  void Run(Task task) { loop_executor_.Post(std::move(task)); }

  bool alive() const { return loop_.alive(); }
  bool paused() const { return loop_.paused(); }
  // Why the process ends was for the core to decide, and nothing failed around it.
  bool core_gave_up() const { return core_gave_up_; }
  User& user() { return user_; }
  raft::RaftNode* node() { return node_.get(); }
  storage::LogState DurableState() const { return log_store_->DurableState(); }

 private:
  class Log;

  // raft::StepObserver
  void OnEvent(const raft::RaftCore& core, MonoTime now, const raft::Event& event) override;
  void OnStep(const raft::RaftCore& core, MonoTime now, const raft::StepResult& result) override;

  void GiveUp(absl::Status status);
  const raft::ReplicaKey& self() const { return host_.options.self; }

  const Surroundings surroundings_;
  Host host_;
  Actor loop_;
  Actor disk_;
  bool stands_still_ = false;
  MonoTime paused_at_;
  bool disk_hangs_ = false;
  bool core_gave_up_ = false;
  LoopExecutor loop_executor_;
  DiskExecutor writer_;
  DiskExecutor reader_;
  DiskExecutor snapshot_executor_;
  Snapshots snapshots_;
  User user_;
  Endpoint endpoint_;
  std::unique_ptr<storage::LogStore> log_store_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<raft::RaftNode> node_;
};

}  // namespace quorate::sim
