// Lets several parts of a node listen to one replicated log. Only the controller responds to
// OnClaim and OnPause; all other listeners only watch.
#pragma once

#include <optional>
#include <vector>

#include "raft/api/replicated_log.h"

namespace quorate::server {

// A listener that ignores every event, for subclasses that override only some of them.
class LogWatcher : public raft::ReplicatedLogListener {
 public:
  void OnSnapshot(const raft::SnapshotMeta& /*snapshot*/) override {}
  void OnCommitted(const std::vector<raft::EntryPtr>& /*entries*/) override {}
  void OnLeaderChange(Epoch /*epoch*/, std::optional<NodeId> /*leader*/) override {}
  void OnClaim(Epoch /*epoch*/, RecordOffset /*end_offset*/, bool /*has_voters*/,
               const raft::VoterSet& /*voters*/) override {}
  void OnRenounce(Epoch /*epoch*/) override {}
  void OnPause(Epoch /*epoch*/) override {}
  void OnResume(Epoch /*epoch*/) override {}
};

// Passes every event on to all listeners, in the order of the list. The listeners must outlive it.
class LogFanout final : public raft::ReplicatedLogListener {
 public:
  explicit LogFanout(std::vector<raft::ReplicatedLogListener*> listeners)
      : listeners_(std::move(listeners)) {}

  void OnSnapshot(const raft::SnapshotMeta& snapshot) override {
    for (auto* listener : listeners_) listener->OnSnapshot(snapshot);
  }
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override {
    for (auto* listener : listeners_) listener->OnCommitted(entries);
  }
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override {
    for (auto* listener : listeners_) listener->OnLeaderChange(epoch, leader);
  }
  void OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
               const raft::VoterSet& voters) override {
    for (auto* listener : listeners_) listener->OnClaim(epoch, end_offset, has_voters, voters);
  }
  void OnRenounce(Epoch epoch) override {
    for (auto* listener : listeners_) listener->OnRenounce(epoch);
  }
  void OnPause(Epoch epoch) override {
    for (auto* listener : listeners_) listener->OnPause(epoch);
  }
  void OnResume(Epoch epoch) override {
    for (auto* listener : listeners_) listener->OnResume(epoch);
  }

 private:
  const std::vector<raft::ReplicatedLogListener*> listeners_;
};

}  // namespace quorate::server
