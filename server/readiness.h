// quorate.ready of grpc.health.v1: whether this node serves what the quorum has committed. On a
// follower: in session with the leader, and applied up to what the leader first told in that
// session; on the leader: its barrier is applied, and its disk has room for changes.
#pragma once

#include <functional>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "raft/replicated_log.h"
#include "server/log_listeners.h"

namespace quorate::server {

inline constexpr char kReadyService[] = "quorate.ready";

class Readiness final : public LogWatcher {
 public:
  // `applied` is the end offset of what this node serves, `has_room` whether its disk has room for
  // changes (both any thread); `publish` is called on the
  // executor with each change, first with the first true. All outlive the readiness.
  Readiness(Executor* executor, const Clock* clock, std::function<RecordOffset()> applied,
            std::function<bool()> has_room, std::function<void(bool ready)> publish);

  // Call once, after the log was started.
  void Start(raft::ReplicatedLog* log);
  // Any thread. Not ready from now on: this node is stopping.
  void Withdraw();

  // LogWatcher: looks at once. A session that ends without a new leader is seen by the next look.
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;

 private:
  void Look();
  void OnStatus(const raft::QuorumStatus& status);
  void Set(bool ready);

  Executor* const executor_;
  const Clock* const clock_;
  const std::function<RecordOffset()> applied_;
  const std::function<bool()> has_room_;
  const std::function<void(bool)> publish_;

  // On the executor.
  raft::ReplicatedLog* log_ = nullptr;
  bool looking_ = false;
  bool withdrawn_ = false;
  bool ready_ = false;
  TimerId timer_ = kNoTimer;
};

}  // namespace quorate::server
