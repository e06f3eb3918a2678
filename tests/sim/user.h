// What stands above the log in a simulated process: a state machine that appends every committed
// value to a list, of which it keeps the hash, saves that in snapshots now and then, and is the
// place where clients ask for appends and reads.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/voter_decisions.h"
#include "raft/raft_node.h"
#include "tests/sim/snapshots.h"
#include "tests/sim/surroundings.h"

namespace quorate::sim {

class User final : public raft::ReplicatedLogListener {
 public:
  // `self` is the replica that it stands on, `actor` its process, whose users are told nothing once
  // it has ended. All outlive the user.
  User(const Surroundings& surroundings, Snapshots* snapshots, const raft::ReplicaKey& self,
       const Clock* clock, const Actor* actor)
      : surroundings_(surroundings),
        ledger_(*surroundings.ledger),
        snapshots_(*snapshots),
        self_(self),
        clock_(*clock),
        actor_(*actor) {}

  // Before anything else. It outlives the user's last call.
  void SetLog(raft::ReplicatedLog* log) { log_ = log; }

  // Appends a value. False: refused, it never will be in the log.
  bool Append(ClientHistory::Op op, const std::string& value);
  // Changes the voters, as the controller decides, if it leads and that may be done now; else
  // nothing happens. `done` runs if they are as asked already, committed.
  void ChangeVoters(const controller::VoterChange& change, std::function<void()> done);
  // Answers through the ledger, or not at all.
  void Read(ClientHistory::Op op, MonoTime deadline);

  // Leads, and its barrier is committed.
  bool leads() const { return claimed_.has_value(); }
  RecordOffset end_offset() const { return end_offset_; }

  // raft::ReplicatedLogListener
  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;
  void OnLeaderChange(Epoch, std::optional<NodeId>) override {}
  void OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
               const raft::VoterSet& voters) override;
  void OnRenounce(Epoch epoch) override;
  void OnPause(Epoch epoch) override;
  void OnResume(Epoch) override { paused_ = false; }

 private:
  struct Pending {
    ClientHistory::Op op = 0;
    RecordOffset offset;
  };

  bool MayChangeVoters() const { return claimed_ && !paused_ && !changing_voters_; }
  void DecideVoters(const controller::VoterChange& change, const raft::QuorumStatus& status,
                    const std::function<void()>& done);
  void Propose(raft::EntryType type, std::string payload);
  // `entry` is the last one in the state.
  void Track(const raft::Entry& entry);
  void SaveSnapshot();

  const Surroundings surroundings_;
  Ledger& ledger_;
  Snapshots& snapshots_;
  const raft::ReplicaKey self_;
  const Clock& clock_;
  const Actor& actor_;
  raft::ReplicatedLog* log_ = nullptr;

  // The state: what the committed values hash to, up to an offset.
  RecordOffset end_offset_;
  uint64_t hash_ = 0;
  // Where it ends in the log; nothing: it is empty.
  std::optional<raft::SnapshotMeta> end_;
  bool saving_ = false;

  // While it leads.
  std::optional<Epoch> claimed_;
  bool paused_ = false;
  bool changing_voters_ = false;
  RecordOffset next_offset_;
  std::deque<Pending> pending_;
};

}  // namespace quorate::sim
