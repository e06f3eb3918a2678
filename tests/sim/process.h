// One run of a controller on a simulated machine: the real driver and core, the real log on the
// machine's disk, and a user on top. It can end between any two of its port calls.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "raft/node/raft_node.h"
#include "storage/log_store.h"
#include "tests/sim/endpoint.h"
#include "tests/sim/executors.h"
#include "tests/sim/snapshots.h"
#include "tests/sim/surroundings.h"
#include "tests/sim/user.h"

namespace quorate::sim {

class Process final : private raft::StepObserver {
 public:
  // The machine on which it runs. It outlives the process.
  struct Host {
    raft::RaftOptions options;
    const NodeClock* clock = nullptr;
    storage::KvStore* kv = nullptr;
    storage::SnapshotFiles* snapshot_files = nullptr;
    std::function<bool()> has_free_space;
    // Return how long one round of the disk takes. Called before each round.
    std::function<Duration()> write_latency;
    std::function<Duration()> read_latency;
    // Called after each port call. May kill the process.
    std::function<void()> after_call;
    // Called when the process has ended because of an error.
    std::function<void(absl::Status)> on_fatal;
  };

  Process(const Surroundings& surroundings, Host host);
  ~Process() override;

  // Starts with the recovered log. Returns an error if the controller refuses to start.
  absl::Status Start(storage::RecoveredLog recovered);

  // Ends the process like kill -9. None of its tasks runs after that, and the rest of the current
  // task has no effect. The object must exist until the world ends.
  void Kill();
  // Stops like SIGTERM, but without a hand-over: sends Goodbye, then runs `done`.
  void Stop(std::function<void()> done);
  // Act like SIGSTOP and SIGCONT. Repeated calls have no further effect.
  void Pause();
  void Resume();
  // Stops the disk while the process continues.
  void HangDisk();
  void ReleaseDisk();

  // Runs the task on the process's loop, unless the process ends first.
  void Run(Task task) { loop_executor_.Post(std::move(task)); }

  bool alive() const { return loop_.alive(); }
  bool paused() const { return loop_.paused(); }
  // Whether the core itself decided to end the process, without an external failure.
  bool core_gave_up() const { return core_gave_up_; }
  // REQUIRES: Start returned OK.
  User& user() { return *user_; }
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
  Endpoint endpoint_;
  std::unique_ptr<storage::LogStore> log_store_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<raft::RaftNode> node_;
  std::optional<User> user_;
};

}  // namespace quorate::sim
