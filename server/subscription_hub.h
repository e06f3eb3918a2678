// Fans the committed log out to subscribers, none of whom can hurt another: keeps the newest
// frames, which all streams share, tells each subscription when there is more, and cuts off those
// that make no progress. What one of them is sent is its cursor's to say (subscription_cursor.h).
// One loop, no locks.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "raft/replicated_log.h"
#include "server/leader_tracker.h"
#include "server/log_listeners.h"
#include "server/subscription_cursor.h"
#include "storage/snapshot_depot.h"

namespace quorate::server {

// Names a subscription; never used again.
using SubscriptionId = uint64_t;

class SubscriptionHub final : public LogWatcher {
 public:
  // All outlive the hub; `leader` is told of changes before it.
  SubscriptionHub(HubOptions options, Executor* executor, const Clock* clock,
                  const LeaderTracker* leader);

  // Call once, before the log can call back.
  void SetLog(raft::ReplicatedLog* log) { source_.log = log; }
  // Alike; not needed where the log never begins with a snapshot.
  void SetSnapshots(storage::SnapshotDepot* snapshots) { source_.snapshots = snapshots; }

  // Any thread. `stream` stays valid until the hub calls its Finish or Cut, which it does once.
  SubscriptionId Subscribe(SubscriptionStart start, SubscriberStream* stream);

  // Any thread: a Write is done; the stream is broken.
  void OnWritten(SubscriptionId id);
  void OnBroken(SubscriptionId id);

  // Any thread. Ends all streams, and those that come.
  void Shutdown();

  // LogWatcher
  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;

 private:
  // Runs `fn(cursor)` on the loop, unless the subscription has ended by then.
  template <typename Fn>
  void PostTo(SubscriptionId id, Fn fn);

  void Add(SubscriptionId id, SubscriptionStart start, SubscriberStream* stream);
  void Append(const std::vector<raft::EntryPtr>& entries);
  // Pumps every cursor, a slice of them in each task.
  void PumpAll(bool with_progress);
  void PumpSlice();
  void ArmTick();
  void Tick();

  // On the loop only.
  CatchUpSlots slots_;
  SubscriptionSource source_;
  Epoch last_epoch_;
  std::map<SubscriptionId, std::shared_ptr<SubscriptionCursor>> cursors_;
  // One way through all cursors.
  struct Pass {
    SubscriptionId next = 0;
    bool with_progress = false;
  };
  // The one under way, and the one that follows it for what came meanwhile.
  std::optional<Pass> pass_;
  std::optional<Pass> next_pass_;
  TimerId tick_ = kNoTimer;
  bool shut_down_ = false;

  std::atomic<SubscriptionId> next_id_{1};
};

}  // namespace quorate::server
