// Who leads, as this node knows it: written on the raft loop, read by any thread without waiting.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/ids.h"
#include "server/log_listeners.h"

namespace quorate::server {

struct LeaderView {
  Epoch epoch;
  // Nothing: none is known.
  std::optional<NodeId> leader;

  friend bool operator==(const LeaderView&, const LeaderView&) = default;
};

// Stands before every other listener of a LogFanout, so that they find it up to date.
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
