// One core whose peers, disk and time are played by the test: for rules about single messages.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "raft/raft_core.h"
#include "raft/testing/memory_disk.h"

namespace quorate::raft {

// Node 1 of a founded cluster, with all streams up, and its disk, whose writes the test syncs.
class LoneCore {
 public:
  // The log starts with one entry for each of `epochs`; the hard state is the last one's epoch.
  explicit LoneCore(int nodes = 3, const std::vector<int32_t>& epochs = {},
                    RaftOptions options = {});

  RaftCore& core() { return *core_; }
  MonoTime now() const { return now_; }
  static ReplicaKey KeyOf(int id);
  // Entries of one epoch each, from `first` on, that continue this core's log in its chain.
  std::vector<EntryPtr> MakeEntries(int64_t first, const std::vector<int32_t>& epochs);

  // Hands in an event and keeps the effects.
  void Step(Event event);
  void Receive(int from, Message message);
  void Receive(const ReplicaKey& from, Message message);
  void Advance(Duration d);
  // Passes time without a word to the core.
  void Pause(Duration d) { now_ += d; }
  // Passes time to the core's deadline and wakes it.
  void MeetDeadline(event::Wake wake = {});
  // Makes everything written durable.
  void Sync();
  // Reads of the disk are effects like others from now on; before, they are answered at once.
  void HoldReads() { hold_reads_ = true; }
  // The process dies and starts again with what was durable.
  void Restart();

  // Stands, is granted every vote, and makes everything durable but commits nothing.
  void BecomeLeader();
  // As BecomeLeader; then every peer acknowledges everything.
  void BecomeClaimedLeader();
  void Propose(const std::string& payload);
  // `peer` acknowledges the last append that was sent to it.
  void Acknowledge(int peer);
  // `peer` answers the last append that was sent to it that it has nothing.
  void Reject(int peer);

  // What left the core, and was not taken yet, in order; with the node it is for.
  template <typename T>
  std::vector<T> TakeSent(int to) {
    return Take<T>(sent_, to);
  }
  // The answer to the last question handed in that is of type T; nothing: it is held back.
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
