// Computes the status of quorate.ready in grpc.health.v1: whether this node serves what the quorum
// has committed. A follower is ready if it is in session with the leader and has applied everything
// up to the high watermark that the leader first sent in that session. The leader is ready if it
// has applied its barrier and its disk has room for changes.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "raft/api/replicated_log.h"
#include "server/node/log_listeners.h"

namespace quorate::server {

inline constexpr char kReadyService[] = "quorate.ready";

class Readiness final : public LogWatcher {
 public:
  // `applied` returns the end offset of what this node serves, and `has_room` whether its disk has
  // room for changes; any thread may call both. `publish` is called on the executor with each
  // change; the first call is the first true. All arguments outlive the Readiness.
  Readiness(Executor* executor, const Clock* clock, raft::ReplicatedLog* log,
            std::function<RecordOffset()> applied, std::function<bool()> has_room,
            std::function<void(bool ready)> publish);

  // Starts to check and to publish. Call once, after the log has started.
  void Start();
  // Publishes not ready from now on: this node is stopping. Any thread.
  void Withdraw();

  // LogWatcher. Checks at once. If a session ends without a new leader, the next periodic check
  // notices it.
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;

 private:
  void Check();
  void OnStatus(const raft::QuorumStatus& status);
  void Set(bool ready);

  Executor* const executor_;
  const Clock* const clock_;
  raft::ReplicatedLog* const log_;
  const std::function<RecordOffset()> applied_;
  const std::function<bool()> has_room_;
  const std::function<void(bool)> publish_;

  // Used on the executor.
  bool started_ = false;
  bool checking_ = false;
  bool withdrawn_ = false;
  bool ready_ = false;
  TimerId timer_ = kNoTimer;
};

}  // namespace quorate::server
