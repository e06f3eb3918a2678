// Keeps the leader and the epoch that this node knows. The raft loop writes them; any thread reads
// them without a lock.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "server/node/log_listeners.h"

namespace quorate::server {

struct LeaderView {
  Epoch epoch;
  // nullopt if no leader is known.
  std::optional<NodeId> leader;

  friend bool operator==(const LeaderView&, const LeaderView&) = default;
};

// Must be the first listener of a LogFanout, so that the other listeners read the new leader.
class LeaderTracker final : public LogWatcher {
 public:
  LeaderView view() const {
    const uint64_t packed = packed_.load(std::memory_order_acquire);
    LeaderView view;
    view.epoch = Epoch(static_cast<int32_t>(packed >> 32));
    if (const auto id = static_cast<int32_t>(packed & 0xffffffff); id != kNobody) {
      view.leader = NodeId(id);
    }
    return view;
  }

  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override {
    packed_.store(Pack(epoch, leader), std::memory_order_release);
  }

 private:
  static constexpr int32_t kNobody = -1;

  static uint64_t Pack(Epoch epoch, std::optional<NodeId> leader) {
    const int32_t id = leader ? leader->value() : kNobody;
    return (static_cast<uint64_t>(static_cast<uint32_t>(epoch.value())) << 32) |
           static_cast<uint32_t>(id);
  }

  std::atomic<uint64_t> packed_{Pack(Epoch(0), std::nullopt)};
};

}  // namespace quorate::server
