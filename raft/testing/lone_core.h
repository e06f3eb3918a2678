// A single core, for rules about single messages. The test plays its peers, its disk and its clock.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "raft/core/raft_core.h"
#include "raft/testing/memory_disk.h"

namespace quorate::raft {

// Node 1 of a founded cluster with all streams up, and its disk, whose writes the test syncs.
class LoneCore {
 public:
  // The log starts with one entry for each of `epochs`; the hard state is the last one's epoch.
  explicit LoneCore(int nodes = 3, const std::vector<int32_t>& epochs = {},
                    RaftOptions options = {});

  RaftCore& core() { return *core_; }
  MonoTime now() const { return now_; }
  static ReplicaKey KeyOf(int id);
  // Returns entries, one for each epoch, that continue this core's log and its checksums from
  // `first` on.
  std::vector<EntryPtr> MakeEntries(int64_t first, const std::vector<int32_t>& epochs);

  // Passes an event to the core and keeps the effects.
  void Step(Event event);
  void Receive(int from, Message message);
  void Receive(const ReplicaKey& from, Message message);
  void Advance(Duration d);
  // Lets time pass without waking the core.
  void Pause(Duration d) { now_ += d; }
  // Lets time pass until the core's deadline and wakes the core.
  void MeetDeadline(event::Wake wake = {});
  // Makes everything written durable.
  void Sync();
  // From now on disk reads are effects like all others. Before, they are answered at once.
  void HoldReads() { hold_reads_ = true; }
  // Ends the process and starts it again with what was durable.
  void Restart();

  // Makes the node stand, grants it every vote, and makes everything durable but commits nothing.
  void BecomeLeader();
  // Like BecomeLeader; then every peer acknowledges everything.
  void BecomeClaimedLeader();
  void Propose(const std::string& payload);
  // `peer` acknowledges the last append that was sent to it.
  void Acknowledge(int peer);
  // `peer` rejects the last append that was sent to it, because its log is empty.
  void Reject(int peer);

  // Returns, in order, what the core has sent to `to` and was not taken yet.
  template <typename T>
  std::vector<T> TakeSent(int to) {
    return Take<T>(sent_, to);
  }
  // Returns the last reply of type T; nullopt if it is held back.
  template <typename T>
  std::optional<T> TakeReply() {
    std::vector<T> replies = Take<T>(replies_, 0);
    return replies.empty() ? std::nullopt : std::optional(replies.back());
  }
  template <typename T>
  std::vector<T> TakeEffects() {
    std::vector<T> taken;
    for (const Effect& effect : effects_) {
      if (const auto* e = std::get_if<T>(&effect)) taken.push_back(*e);
    }
    std::erase_if(effects_, [](const Effect& e) { return std::holds_alternative<T>(e); });
    return taken;
  }

 private:
  struct Outgoing {
    int to;
    Message message;
  };

  template <typename T>
  static std::vector<T> Take(std::vector<Outgoing>& from, int to) {
    std::vector<T> taken;
    std::erase_if(from, [&](Outgoing& outgoing) {
      auto* message = std::get_if<T>(&outgoing.message);
      if (message == nullptr || outgoing.to != to) return false;
      taken.push_back(std::move(*message));
      return true;
    });
    return taken;
  }
  void Start();

  RaftOptions options_;
  MemoryDisk disk_;
  std::optional<RaftCore> core_;
  MonoTime now_ = MonoTime(std::chrono::hours(1));
  MonoTime deadline_ = kNever;
  bool hold_reads_ = false;
  std::vector<Outgoing> sent_;
  std::vector<Outgoing> replies_;
  std::vector<Effect> effects_;
};

}  // namespace quorate::raft
