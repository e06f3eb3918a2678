// The consensus core: Raft with KRaft's terms, as a pure function of its inputs. It has no threads,
// sockets, disk, clock or global randomness. What happens comes in as an Event, what must be done
// goes out as Effects, and its deadline says when it must be called again. The driver (raft_node.h)
// and the simulator run the same class.
//
// Implemented by concept: raft_core.cc (dispatch, epochs, roles), election.cc (votes, a leader's
// death), follower.cc (messages from a leader), replication.cc (work of a leader), membership.cc
// (voters, observers), trust.cc (which peers are believed), snapshots.cc, reads.cc, transfer.cc,
// describe.cc. Rules that need only a part of the state are objects, each with its own test:
// LogView, DurabilityGate, DiskWatch, Founding, VoteTally, FollowerProgress, ReadRounds,
// LocalReads, LeadershipTransfer.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/clock.h"
#include "base/random.h"
#include "raft/api/raft_metrics.h"
#include "raft/core/disk_watch.h"
#include "raft/core/durability_gate.h"
#include "raft/core/effect.h"
#include "raft/core/event.h"
#include "raft/core/founding.h"
#include "raft/core/invariants.h"
#include "raft/core/leadership_transfer.h"
#include "raft/core/local_reads.h"
#include "raft/core/log_view.h"
#include "raft/core/raft_options.h"
#include "raft/core/role.h"

namespace quorate::raft {

struct StepResult {
  // Must be executed in order.
  std::vector<Effect> effects;
  // When event::Wake is due; kNever if it is not.
  MonoTime next_deadline = kNever;
};

// Holds the protocol state of one node and turns each event into effects. Not thread-safe; never
// blocks.
class RaftCore {
 public:
  // A node starts as a follower whatever it was before, and leads again only in a later epoch
  // (KAFKA-10527: a restarted leader went on in its old epoch).
  // REQUIRES: Founding::CheckConfiguration(options, restored), CheckRestored(restored).
  RaftCore(RaftOptions options, const RestoredLog& restored, uint64_t seed);

  // Returns DATA_LOSS if what was restored contradicts itself: the log begins after a snapshot that
  // is missing, or it has an epoch above that of the hard state, which is always durable before the
  // log.
  static absl::Status CheckRestored(const RestoredLog& restored);

  // Handles one event. REQUIRES: `now` never runs backwards; the first event is event::Start.
  // `wall_ms` (milliseconds since the Unix epoch) is used only to date entries.
  StepResult Step(MonoTime now, int64_t wall_ms, Event event);

  const HardState& hard_state() const { return hard_state_; }
  Epoch epoch() const { return hard_state_.epoch; }
  const Role& role() const { return role_; }
  const LogView& log() const { return log_; }
  // The newest snapshot on this node.
  const std::optional<SnapshotMeta>& snapshot() const { return snapshot_; }
  const RaftOptions& options() const { return options_; }
  // Returns the leader that this node follows, or this node if it leads. Returns nullopt if it
  // knows no leader, or takes the leader for dead.
  std::optional<NodeId> leader() const;
  // Returns the node that leads or led the current epoch, as far as it is known. It is set at most
  // once in each epoch.
  std::optional<NodeId> leader_of_epoch() const {
    return leader_of_epoch_ ? std::optional(leader_of_epoch_->node_id) : std::nullopt;
  }
  // Whether Shutdown or Fatal has happened, after which every event is ignored.
  bool stopped() const { return stopped_; }
  // Returns whether this node's disk was stalled at the last step (disk_watch.h).
  bool DiskIsStalled() const { return disk_.IsStalled(now_, writes_.OldestIssue()); }
  // Returns why this node stands for election. It does not know whether it has just started.
  // REQUIRES: it stands.
  ElectionCause election_cause() const;
  // What the founding of the cluster waits for, as text for people; empty if it does not wait.
  const std::string& waiting_for() const { return waiting_for_; }
  // Returns what this node's Hello must say now. Each change also comes as an effect.
  effect::Announce Announcement() const;
  // Returns OK if a Voters entry with this set may be proposed now, otherwise FAILED_PRECONDITION
  // with the reason (membership.cc).
  absl::Status CheckVoterChange(const VoterSet& next) const;
  // Returns what the core knows of the quorum. The driver fills in high_watermark (the delivered
  // end) and leader_since_ms.
  QuorumStatus Describe(MonoTime now) const;

 private:
  // The session with a peer: this node's own streams to it. The replica that answers on a stream is
  // the one that said Hello on it, so that what one replica says never counts as said by another
  // under the same node id.
  struct Session {
    // The latest Hello.
    std::optional<PeerHello> hello;
    // The replica that answers on each stream; nullopt if the stream is down.
    std::optional<ReplicaKey> control;
    std::optional<ReplicaKey> append;
    std::optional<ReplicaKey> snapshot;
    // When the peer last sent a message as the leader of the current epoch; nullopt if the session
    // has broken, or the peer has resigned or stopped, since then.
    std::optional<MonoTime> led_at;
    std::optional<MonoTime> last_contact;
  };
  // What Hello depends on. It is cheap to compare after each step.
  struct Announced {
    bool has_log = false;
    bool founded = false;
    LogIndex voters_index;
    std::optional<Epoch> voters_epoch;
    friend bool operator==(const Announced&, const Announced&) = default;
  };
  // The leader of the epoch was noticed to be dead. This node stands for election soon, and again
  // after a lost round (election.cc).
  struct DeathWatch {
    NodeId leader;
    Epoch epoch;
    // The leader resigned with a Goodbye, so the watch does not end when its session comes up
    // again.
    bool resigned = false;
    int retries_left = 0;
  };

  // raft_core.cc: dispatch.
  void Handle(event::Start);
  void Handle(const event::Wake& event);
  void Handle(event::Receive event);
  void Handle(const event::Hello& event);
  void Handle(const event::StreamUp& event);
  void Handle(const event::StreamDown& event);
  void Handle(const event::PeerDead& event);
  void Handle(const event::PeerGoodbye& event);
  void Handle(event::Propose event);
  void Handle(const event::StartRead& event);
  void Handle(const event::StartTransfer& event);
  void Handle(const event::PauseConfirmed& event);
  void Handle(const event::Persisted& event);
  void Handle(event::EntriesRead event);
  void Handle(event::SnapshotSaved event);
  void Handle(event::ChunkRead event);
  void Handle(event::ChunkReceived event);
  void Handle(event::Shutdown);

  void OnMessage(const ReplicaKey& from, SessionId session, const VoteRequest& request);
  void OnMessage(const ReplicaKey& from, SessionId session, const VoteResponse& response);
  void OnMessage(const ReplicaKey& from, SessionId session, const Heartbeat& heartbeat);
  void OnMessage(const ReplicaKey& from, SessionId session, const HeartbeatResponse& response);
  void OnMessage(const ReplicaKey& from, SessionId session, const AppendRequest& request);
  void OnMessage(const ReplicaKey& from, SessionId session, const AppendResponse& response);
  void OnMessage(const ReplicaKey& from, SessionId session, const ReadIndexRequest& request);
  void OnMessage(const ReplicaKey& from, SessionId session, const ReadIndexResponse& response);
  void OnMessage(const ReplicaKey& from, SessionId session, const TimeoutNow& order);
  void OnMessage(const ReplicaKey& from, SessionId session, const InstallSnapshot& chunk);
  void OnMessage(const ReplicaKey& from, SessionId session,
                 const InstallSnapshotResponse& response);

  // raft_core.cc: state that all concepts share.
  template <typename T>
  void Emit(T effect) {
    effects_.emplace_back(std::move(effect));
  }
  // Emits Fatal and stops the node.
  void Die(absl::Status status);
  // Sends the reply once the write `after` is durable, or at once if it is durable already.
  void ReplyAfter(WriteId after, SessionId session, Message message);
  // Adds a change of the hard state to this step's write.
  void ChangeHardState(HardState state);
  void FlushWrite();
  // Enters a higher epoch, in which no leader is known yet.
  void EnterEpoch(HardState state);
  // Enters a higher epoch that another node told of, as a follower that has not voted in it.
  void AdoptEpoch(Epoch epoch);
  void BecomeFollower(std::optional<NodeId> leader, MonoTime election_deadline);
  // Resigns leadership and says Goodbye. No other leader is known then.
  void Resign();
  // Ends leadership for any reason. The caller enters another role.
  void LeaveLeadership();
  // Ends each step: sends entries and read rounds, then writes, then reports what has changed.
  void FinishStep();
  // Emits what has changed since the last step: commit index, claim, leader, announcement.
  void ReportChanges();
  Announced CurrentlyAnnounced() const;
  MonoTime NextDeadline() const;
  MonoTime RandomElectionDeadline();
  Duration RandomBetween(Duration min, Duration max);
  // Returns the replica that answers on this node's stream to `peer`, nullopt if the stream is
  // down.
  std::optional<ReplicaKey> AnswererOn(NodeId peer, StreamClass stream) const;
  // Returns `from` if it is the replica that answers on this node's stream, otherwise nullopt.
  std::optional<ReplicaKey> FindAnswerer(const ReplicaKey& from, StreamClass stream) const;
  // Returns whether exactly this replica answers on this node's stream to it.
  bool IsUp(const ReplicaKey& peer, StreamClass stream) const;
  bool IsVoter() const { return log_.voters().Contains(options_.self); }
  // Returns whether this node takes part in consensus: its voter set is durable, or it is an
  // observer that has none yet. Until then the node sends nothing.
  bool TakesPart() const;
  ReplicaStatus DescribeReplica(const Voter& who, MonoTime now) const;
  NodeId self() const { return options_.self.node_id; }

  // election.cc
  void OnHelloForFounding(const PeerHello& hello);
  void DecideFounding();
  bool MayStand() const;
  // Starts a pre-vote if this node may stand for election, else waits another election timeout.
  void StandOrWait();
  void StartPreVote();
  void StartVote(bool transfer);
  // Asks one voter, or all, for the pre-vote or vote of the round under way.
  void AskForVote(const ReplicaKey& voter);
  void AskForVotes();
  // Returns the voter set that this node shows to peers that may not know it as a voter; nullopt if
  // it is the founding set.
  std::optional<VoterSet> ShownVoters() const;
  void CountVotes();
  // Returns when to stand again after a lost round.
  MonoTime AfterLostRound();
  // Begins the death watch if `leader` leads the current epoch.
  void OnLeaderDeath(NodeId leader, bool resigned);
  // Returns whether the leader of the epoch is alive as far as this node knows, so that it refuses
  // to help replace it.
  bool HasLiveLeader() const;

  // trust.cc
  //
  // Returns whether the replica is known by rule 1 of trust.cc.
  bool IsFamiliar(const ReplicaKey& who) const;
  // Returns whether this node may adopt `epoch` because `who` claims it. `shown` is the voter set
  // that, according to `who`, governs its log.
  bool Believes(const ReplicaKey& who, Epoch epoch, const std::optional<VoterSet>& shown) const;
  // Handles an answer of a later epoch: adopts the epoch, or reports that `who` is not believed.
  void OnHigherEpoch(const ReplicaKey& who, Epoch epoch,
                     const std::optional<VoterSet>& shown = std::nullopt);
  // Returns whether `who` leads the current epoch, or led it.
  bool IsLeader(const ReplicaKey& who) const;
  // Follows the sender of a leader's message. Returns false if it is not believed to lead `epoch`.
  bool AcceptLeader(const ReplicaKey& leader, Epoch epoch,
                    const std::optional<VoterSet>& shown = std::nullopt);

  // follower.cc
  //
  // Returns whether a leader can have sent this. A request that is impossible is dropped.
  static bool CanBeFromLeader(const AppendRequest& request);
  // Appends the entries that are new and truncates at the first conflict. Returns false if the two
  // logs cannot both be right; the node has died then.
  bool AppendFromLeader(NodeId leader, const std::vector<EntryPtr>& entries);
  void FollowCommit(LogIndex commit);

  // replication.cc
  void BecomeLeader();
  // Returns, for people, which node wins the current election, after how long and why there was
  // one.
  std::string HowElected() const;
  void AppendAsLeader(EntryHeader header, std::string_view payload);
  void Replicate();
  void ReplicateTo(const ReplicaKey& peer, FollowerProgress& progress);
  void SendEntries(const ReplicaKey& peer, FollowerProgress& progress,
                   std::vector<EntryPtr> entries);
  // Begins a disk read for a peer. Each peer has at most one in flight, so that reads do not pile
  // up on a slow disk.
  void BeginReadFor(FollowerProgress& progress);
  // Ends it. Returns the peer's progress, or null if the result is no longer of use.
  FollowerProgress* EndReadFor(const ReplicaKey& peer, Epoch asked_in);
  void SendHeartbeats();
  void SendHeartbeat(const ReplicaKey& peer, const FollowerProgress& progress);
  void AdvanceCommit();
  // Returns when a peer must be told of the commit index if no entries carry it before; kNever if
  // the peer knows it.
  MonoTime CommitMessageDueAt(const FollowerProgress& progress) const;
  // Returns whether a majority has given evidence of life within the check-quorum timeout.
  bool QuorumIsLive() const;
  bool IsLive(const FollowerProgress& progress) const {
    return now_ < progress.live_at() + options_.check_quorum_timeout;
  }
  // Ends the node if the disk stays stalled.
  void EndIfDiskStaysStalled();
  FollowerProgress* FindProgress(const ReplicaKey& peer);
  // Returns the progress of the replica that answers on this node's stream to `peer`, or null.
  FollowerProgress* FindProgress(NodeId peer, StreamClass stream);

  // membership.cc
  //
  // Returns whether this node is a voter, or was removed by an entry that it does not know to be
  // committed.
  bool IsElectable() const;
  // Makes the leader track all voters and the observers in session, and forget all other peers.
  void TrackPeers();
  void TrackPeer(const ReplicaKey& peer);
  void ForgetUnlessVoter(const ReplicaKey& peer);
  // Returns how many voters satisfy `holds`. This leader counts if it is a voter.
  size_t CountVoters(absl::FunctionRef<bool(const FollowerProgress&)> holds) const;
  // Transfers leadership, or resigns, once the removal of this leader is committed.
  void LeaveIfRemoved();

  // snapshots.cc
  void BeginWithSnapshot();
  // Records a snapshot that is durable here, and drops the entries in it that are not needed.
  void KeepSnapshot(SnapshotMeta meta);
  // Returns the first entry that stays in the log although a snapshot may hold it.
  LogIndex FirstKept() const;
  // Returns whether the log has the last entry of a snapshot, and so all of it.
  bool HasWholeSnapshot(LogIndex last_index, Epoch epoch) const;
  // Commits all that a durable snapshot holds. The log either has it or is replaced by it. Returns
  // whether it was replaced. REQUIRES: the snapshot ends beyond commit_index.
  bool ApplySnapshot(const SnapshotMeta& meta);
  void AnswerInstalled(SessionId session, InstallSnapshotResponse response, LogIndex last_index);
  void StartSnapshot(const ReplicaKey& peer, FollowerProgress& progress);
  void OfferSnapshot(const ReplicaKey& peer, FollowerProgress& progress);
  void OnSnapshotStreamUp(const ReplicaKey& peer);
  void SendChunk(const ReplicaKey& peer, FollowerProgress& progress, int64_t position,
                 SnapshotPiece piece);
  void OfferOverdueSnapshots();

  // reads.cc
  void AskLeaderForReads();
  void StartReadRound();
  void FinishReadRound();
  void AnswerRead(const PendingRead& read, bool confirmed, LogIndex index);
  void FailReads(const std::vector<Token>& tokens, const std::string& reason);
  void ForgetAskedReads(const std::string& reason);
  void ReleaseCommittedReads();
  void ExpireReads();

  // transfer.cc
  void BeginTransfer(std::optional<Token> token, const ReplicaKey& target);
  void ProceedWithTransfer();
  // Ends the transfer as failed. This leader goes on, or resigns if it was removed.
  void FailTransfer(absl::Status status);
  // Ends the transfer and reports the outcome to the driver if it requested the transfer.
  void EndTransfer(absl::Status status);
  // Offers leadership to one voter after the other, until one takes over.
  void OfferLeadershipForSpace();
  // Returns the voter in contact that has the most of this log; nullopt if none is in contact.
  std::optional<ReplicaKey> MostCaughtUpVoter() const;

  const RaftOptions options_;
  Rng rng_;

  HardState hard_state_;
  LogView log_;
  std::optional<SnapshotMeta> snapshot_;
  DurabilityGate writes_;
  // The write that makes the current hard state durable.
  WriteId hard_state_write_ = 0;
  Role role_;
  // The epoch on disk when this process began.
  const Epoch restored_epoch_;
  std::optional<ReplicaKey> leader_of_epoch_;
  std::map<NodeId, Session> sessions_;
  std::optional<DeathWatch> death_watch_;
  // When this node stood first in the current election. nullopt if it does not stand.
  std::optional<MonoTime> stood_at_;
  // Set while a transfer of leadership is under way.
  std::optional<LeadershipTransfer> transfer_;

  // `founding_` is set until the cluster is founded; until then the core only listens. Then
  // `founding_write_` makes the voter set durable, and the node takes part once it is done.
  std::optional<Founding> founding_;
  std::optional<WriteId> founding_write_;
  std::string waiting_for_;

  LocalReads local_reads_;

  DiskWatch disk_;
  // From the last event::Wake.
  bool disk_is_full_ = false;

  // Whether a piece of a snapshot is being written here.
  bool receiving_chunk_ = false;

  bool stopped_ = false;
  Invariants invariants_;

  // State of the step under way.
  MonoTime now_;
  int64_t wall_ms_ = 0;
  std::vector<Effect> effects_;
  LogWrite write_;
  bool write_pending_ = false;
  // What effects of earlier steps have reported.
  LogIndex reported_commit_;
  std::optional<std::pair<Epoch, std::optional<NodeId>>> reported_leader_;
  Announced reported_announcement_;
};

}  // namespace quorate::raft
