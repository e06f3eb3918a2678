// The consensus core: Raft with KRaft's words as a pure function of its inputs. It has no threads,
// sockets, disk, clock or global randomness: what happens comes in as an Event, what is to be done
// goes out as Effects, and the time at which it wants to be called again is its deadline. The
// driver (raft_node.h) and the simulator run the same object.
//
// Implemented by concept: raft_core.cc (dispatch, epochs, roles), election.cc (votes, a leader's
// death), follower.cc (what a leader sends), replication.cc (what a leader does), membership.cc
// (voters, observers), trust.cc (whom to believe), snapshots.cc, reads.cc, transfer.cc,
// describe.cc.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/clock.h"
#include "base/random.h"
#include "raft/durability_gate.h"
#include "raft/effect.h"
#include "raft/event.h"
#include "raft/founding.h"
#include "raft/invariants.h"
#include "raft/local_reads.h"
#include "raft/log_view.h"
#include "raft/raft_options.h"
#include "raft/role.h"

namespace quorate::raft {

struct StepResult {
  // To be executed in order.
  std::vector<Effect> effects;
  // When event::Wake is due; kNever: not at all.
  MonoTime next_deadline = kNever;
};

// Not thread-safe; never blocks.
class RaftCore {
 public:
  // A node starts as a follower whatever it was before, and leads again only in a later epoch
  // (KAFKA-10527: a restarted leader went on in its old one).
  // REQUIRES: Founding::CheckConfiguration(options, restored), CheckSnapshot(restored).
  RaftCore(RaftOptions options, const RestoredLog& restored, uint64_t seed);

  // DATA_LOSS: the log begins after a snapshot that is not there.
  static absl::Status CheckSnapshot(const RestoredLog& restored);

  // REQUIRES: `now` never runs backwards; the first event is event::Start. `wall_ms` (milliseconds
  // since the Unix epoch) only dates entries.
  StepResult Step(MonoTime now, int64_t wall_ms, Event event);

  const HardState& hard_state() const { return hard_state_; }
  Epoch epoch() const { return hard_state_.epoch; }
  const Role& role() const { return role_; }
  const LogView& log() const { return log_; }
  // The newest snapshot that lies here.
  const std::optional<SnapshotMeta>& snapshot() const { return snapshot_; }
  const RaftOptions& options() const { return options_; }
  // The leader that this node follows or is; nothing while it knows none, or took it for dead.
  std::optional<NodeId> leader() const;
  // Who led or leads the present epoch, as far as it is known: set at most once in each epoch.
  std::optional<NodeId> leader_of_epoch() const {
    return leader_of_epoch_ ? std::optional(leader_of_epoch_->node_id) : std::nullopt;
  }
  // After Shutdown or Fatal: every event is ignored.
  bool stopped() const { return stopped_; }
  // Whom the founding of the cluster waits for, for people; empty: nothing.
  const std::string& waiting_for() const { return waiting_for_; }
  // What our Hello is to say now; each change comes as an effect.
  effect::Announce Announcement() const;
  // Whether a Voters entry with this set may be proposed now; if not, FAILED_PRECONDITION says why
  // (membership.cc).
  absl::Status CheckVoterChange(const VoterSet& next) const;
  // What the core knows of the quorum. The driver fills in high_watermark (the delivered end) and
  // leader_since_ms.
  QuorumStatus Describe(MonoTime now) const;

 private:
  // The session with a peer: our own streams to it. Whoever answers on a stream is who said Hello
  // on it, so that one incarnation's word never counts as another's.
  struct Session {
    // The latest.
    std::optional<PeerHello> hello;
    // Who answers on our streams; nothing: the stream is down.
    std::optional<ReplicaKey> control;
    std::optional<ReplicaKey> append;
    std::optional<ReplicaKey> snapshot;
    // The peer's last message as the leader of the present epoch, if the session has not broken and
    // no Goodbye was said since.
    std::optional<MonoTime> led_at;
    std::optional<MonoTime> last_contact;
  };
  // What a Hello depends on, cheap to compare after each step.
  struct Announced {
    bool has_log = false;
    bool founded = false;
    LogIndex voters_index;
    std::optional<Epoch> voters_epoch;
    friend bool operator==(const Announced&, const Announced&) = default;
  };
  // The leader of the epoch was noticed to be dead: stand soon, and again (election.cc).
  struct DeathWatch {
    NodeId leader;
    Epoch epoch;
    // It said so itself: that its session comes up again does not end the watch.
    bool resigned = false;
    int retries_left = 0;
  };
  // Leadership is being handed over (transfer.cc).
  struct HandOver {
    enum class Phase { kPausing, kSent, kDeposed };
    // Whose wish it is; nothing: of this leader, which was removed or whose disk is nearly full.
    std::optional<Token> token;
    Epoch epoch;
    ReplicaKey target;
    Phase phase = Phase::kPausing;
    bool pause_confirmed = false;
    MonoTime deadline;
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
  void OnMessage(const ReplicaKey& from, SessionId session, const SnapshotChunk& chunk);
  void OnMessage(const ReplicaKey& from, SessionId session, const SnapshotChunkResponse& response);

  // raft_core.cc: state that all concepts share.
  template <typename T>
  void Emit(T effect) {
    effects_.emplace_back(std::move(effect));
  }
  void Die(absl::Status status);
  // Answers once the write `after` is durable: at once if it is.
  void ReplyAfter(WriteId after, SessionId session, Message message);
  // Puts a change of the hard state into this step's write.
  void ChangeHardState(HardState state);
  void FlushWrite();
  // Begins a higher epoch, in which nobody is known to lead.
  void EnterEpoch(HardState state);
  // Follows a higher epoch that another node told of; the vote in it is free.
  void AdoptEpoch(Epoch epoch);
  void BecomeFollower(std::optional<NodeId> leader, MonoTime election_deadline);
  // Gives up the leadership and says so; another leader is not known.
  void Resign();
  // The end of leadership, whatever the reason; the caller enters another role.
  void LeaveLeadership();
  void FinishStep();
  void TellChanges();
  Announced CurrentlyAnnounced() const;
  MonoTime NextDeadline() const;
  MonoTime RandomElectionDeadline();
  Duration RandomBetween(Duration min, Duration max);
  // Who answers on our stream to a node; nothing: it is down.
  std::optional<ReplicaKey> AnswererOn(NodeId peer, StreamClass stream) const;
  // Who gave an answer; nothing: not who answers on our stream.
  std::optional<ReplicaKey> FindAnswerer(const ReplicaKey& from, StreamClass stream) const;
  // This very replica answers on our stream to it.
  bool IsUp(const ReplicaKey& peer, StreamClass stream) const;
  bool IsVoter() const { return log_.voters().Contains(options_.self); }
  // The cluster is founded, and durably so: before, the node says nothing.
  bool TakesPart() const;
  ReplicaStatus DescribeReplica(const Voter& who, MonoTime now) const;
  NodeId self() const { return options_.self.node_id; }

  // election.cc
  void HearForFounding(const PeerHello& hello);
  void DecideFounding();
  bool MayStand() const;
  void StandOrWait();
  void StartPreVote();
  void StartVote(bool transfer);
  // Asks one voter, or all, as the round under way wants it.
  void AskForVote(const ReplicaKey& voter);
  void AskForVotes();
  // What this node shows of its voters to who may not know it as one; nothing: the founding ones.
  std::optional<VoterSet> ShownVoters() const;
  void CountVotes();
  MonoTime AfterLostRound();
  void OnLeaderDeath(NodeId leader, bool resigned);
  bool HasLiveLeader() const;

  // trust.cc
  bool IsFamiliar(const ReplicaKey& who) const;
  // Whether who claims `epoch` may move this node there. `shown`: the voters that it says govern.
  bool Believes(const ReplicaKey& who, Epoch epoch, const std::optional<VoterSet>& shown) const;
  // An answer told of a later epoch: it is adopted, or the teller not believed.
  void OnHigherEpoch(const ReplicaKey& who, Epoch epoch,
                     const std::optional<VoterSet>& shown = std::nullopt);
  // It leads the present epoch, or led it.
  bool IsLeader(const ReplicaKey& who) const;
  // Follows who sends what a leader sends. False: it is not believed to lead `epoch`.
  bool AcceptLeader(const ReplicaKey& leader, Epoch epoch,
                    const std::optional<VoterSet>& shown = std::nullopt);

  // follower.cc
  // Whether a leader can have sent this; what cannot be is dropped.
  static bool CanBe(const AppendRequest& request);
  // Appends what is new of the entries, truncating at the first conflict. False: the two logs
  // cannot both be right, and the node has died.
  bool AppendFromLeader(NodeId leader, const std::vector<EntryPtr>& entries);
  void FollowCommit(LogIndex commit);

  // replication.cc
  void BecomeLeader();
  void AppendAsLeader(EntryHeader header, std::string_view payload);
  void Replicate();
  void ReplicateTo(const ReplicaKey& peer, FollowerProgress& progress);
  void SendEntries(const ReplicaKey& peer, FollowerProgress& progress,
                   std::vector<EntryPtr> entries);
  // A read of the disk for a peer; one at a time for each, or a slow disk would be asked for ever
  // more than it can do.
  void BeginReadFor(FollowerProgress& progress);
  // It is finished. The peer's progress; nothing: no longer of use.
  FollowerProgress* EndReadFor(const ReplicaKey& peer, Epoch asked_in);
  void SendHeartbeats();
  void SendHeartbeat(const ReplicaKey& peer, const FollowerProgress& progress);
  void AdvanceCommit();
  // When a peer is to be told of the commit index, if nothing is appended before; kNever: it knows.
  MonoTime TellCommitAt(const FollowerProgress& progress) const;
  bool QuorumIsLive() const;
  bool IsLive(const FollowerProgress& progress) const {
    return now_ < progress.live_at() + options_.check_quorum_timeout;
  }
  // A write, or a read for the users or a peer, has been under way for too long.
  bool DiskIsStalled() const;
  // Ends the node when that goes on.
  void WatchDisk();
  FollowerProgress* FindProgress(const ReplicaKey& peer);
  // Of whoever answers on our stream to a node.
  FollowerProgress* FindProgress(NodeId peer, StreamClass stream);

  // membership.cc
  // It is a voter, or was removed and does not know yet that this is committed.
  bool IsElectable() const;
  // A leader begins to track the voters, and observers in session, and forgets the others.
  void TrackPeers();
  void TrackPeer(const ReplicaKey& peer);
  void ForgetUnlessVoter(const ReplicaKey& peer);
  // The voters of which `holds(progress)`, this leader included if it is one itself.
  size_t CountVoters(absl::FunctionRef<bool(const FollowerProgress&)> holds) const;
  void LeaveIfRemoved();

  // snapshots.cc
  void BeginWithSnapshot();
  // A snapshot is durable here: the log forgets what nobody needs of it.
  void KeepSnapshot(SnapshotMeta meta);
  LogIndex FirstKept() const;
  // The log has the last entry of a snapshot, and so all of it.
  bool Holds(LogIndex last_index, Epoch epoch) const;
  // All that a durable snapshot holds is committed: the log has it, or is replaced by it. Whether
  // it was replaced. REQUIRES: it ends beyond what is known to be committed.
  bool TakeUpSnapshot(const SnapshotMeta& meta);
  void AnswerInstalled(SessionId session, SnapshotChunkResponse response, LogIndex last_index);
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
  void BeginHandOver(std::optional<Token> token, const ReplicaKey& target);
  void ProceedWithHandOver();
  void FailHandOver(absl::Status status);
  // Tells whose wish it was.
  void EndHandOver(absl::Status status);
  // Offers leadership to one voter after the other, until one takes it.
  void HandOverForSpace();
  // Of the voters; nothing: none is in contact.
  std::optional<ReplicaKey> MostCaughtUpVoter() const;

  const RaftOptions options_;
  Rng rng_;

  HardState hard_state_;
  LogView log_;
  std::optional<SnapshotMeta> snapshot_;
  DurabilityGate writes_;
  // The write of the hard state as it is now.
  WriteId hard_state_write_ = 0;
  Role role_;
  // As the disk held it when this process began.
  const Epoch restored_epoch_;
  std::optional<ReplicaKey> leader_of_epoch_;
  std::map<NodeId, Session> sessions_;
  std::optional<DeathWatch> death_watch_;
  std::optional<HandOver> hand_over_;

  // Until the cluster is founded the core only listens; then until the voter set is durable.
  std::optional<Founding> founding_;
  std::optional<WriteId> founding_write_;
  std::string waiting_for_;

  // Reads of this node: all that are open, and by stage those not asked yet (no leader is known, or
  // a question is under way), those asked of the leader, and those whose entry is not yet here.
  LocalReads local_reads_;
  std::vector<Token> reads_waiting_;
  std::vector<Token> reads_asked_;
  Token asked_token_ = 0;
  std::multimap<LogIndex, Token> reads_confirmed_;

  // As event::Wake told last.
  std::optional<MonoTime> reading_since_;
  // Reads for peers that are under way, and since when none of them was finished.
  int peer_reads_ = 0;
  MonoTime peer_reads_since_;
  // When the disk was found stalled; nothing: it was not, or has finished something since.
  std::optional<MonoTime> stalled_since_;
  // When that was last looked at.
  MonoTime disk_watched_at_;
  bool disk_is_full_ = false;

  // A piece of a snapshot is being written here.
  bool receiving_chunk_ = false;

  bool stopped_ = false;
  Invariants invariants_;

  // Of the step under way.
  MonoTime now_;
  int64_t wall_ms_ = 0;
  std::vector<Effect> effects_;
  LogWrite write_;
  bool write_pending_ = false;
  // What the effects of earlier steps told.
  LogIndex told_commit_;
  std::optional<std::pair<Epoch, std::optional<NodeId>>> told_leader_;
  Announced told_announcement_;
};

}  // namespace quorate::raft
