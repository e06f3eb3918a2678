// The event loops of a controller process.
#pragma once

#include <cstddef>
#include <vector>

#include "base/event_loop.h"
#include "server/program/background_thread.h"
#include "server/program/loop_watchdog.h"

namespace quorate::server {

struct ControllerLoops {
  // How many requests may wait for one loop. The raft loop gets only completions and peer messages.
  static constexpr size_t kMaxQueued = 20'000;

  ControllerLoops() {
    for (EventLoop* loop : {&audit, &snapshot, &history}) loop->Post(RunInBackground);
  }

  // Ends all threads. Idempotent.
  void Stop() {
    for (EventLoop* loop : All()) loop->Stop();
  }

  std::vector<EventLoop*> All() {
    return {&raft,  &controller, &decide,   &edge,    &fanout,
            &query, &audit,      &snapshot, &history, &audit_log};
  }

  // Returns the loops on which answers depend. The other loops work in the background and may be
  // slow.
  std::vector<LoopWatchdog::Loop> Serving() const {
    return {{"raft", &raft.meter()},
            {"controller", &controller.meter()},
            {"edge", &edge.meter()},
            {"fanout", &fanout.meter()},
            {"query", &query.meter()}};
  }

  // Returns the meters of all loops, with the loops' names.
  std::vector<LoopWatchdog::Loop> Meters() {
    std::vector<LoopWatchdog::Loop> meters;
    for (const EventLoop* loop : All()) meters.push_back({loop->name(), &loop->meter()});
    return meters;
  }

  EventLoop raft{"raft", kMaxQueued};
  EventLoop controller{"controller", kMaxQueued};
  // Parses, decides and replays large requests and entries.
  EventLoop decide{"decide", kMaxQueued};
  // For calls of clients, subscriptions, and responses that take long to build.
  EventLoop edge{"edge", kMaxQueued};
  EventLoop fanout{"fanout", kMaxQueued};
  EventLoop query{"query", kMaxQueued};
  EventLoop audit{"audit", kMaxQueued};
  // Reads and writes snapshots.
  EventLoop snapshot{"snapshot", kMaxQueued};
  // Replays the log for those who ask what happened (ListEvents).
  EventLoop history{"history", kMaxQueued};
  // Reads and writes the audit log. (The loop `audit` compares the states of the controllers.)
  EventLoop audit_log{"audit-log", kMaxQueued};
};

}  // namespace quorate::server
