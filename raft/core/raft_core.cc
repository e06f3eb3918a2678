#include "raft/core/raft_core.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "base/overloaded.h"

namespace quorate::raft {

RaftCore::RaftCore(RaftOptions options, const RestoredLog& restored, uint64_t seed)
    : options_(std::move(options)),
      rng_(seed),
      hard_state_(restored.hard_state),
      log_(restored, options_.cache_bytes),
      snapshot_(restored.snapshot),
      writes_(restored.last_index),
      role_(Follower{}),
      restored_epoch_(restored.hard_state.epoch),
      disk_(options_),
      reported_commit_(log_.commit_index()) {
  CHECK_OK(Founding::CheckConfiguration(options_, restored));
  CHECK_OK(CheckRestored(restored));
  if (log_.voters().empty() && !options_.observer) founding_.emplace(options_);
  reported_announcement_ = CurrentlyAnnounced();
}

StepResult RaftCore::Step(MonoTime now, int64_t wall_ms, Event event) {
  StepResult result;
  if (stopped_) return result;
  now_ = now;
  wall_ms_ = wall_ms;
  const bool woken = std::holds_alternative<event::Wake>(event);
  std::visit([this](auto&& e) { Handle(std::forward<decltype(e)>(e)); }, std::move(event));
  if (!stopped_) FinishStep();
  result.effects = std::exchange(effects_, {});
  if (!stopped_) {
    result.next_deadline = NextDeadline();
    // If waking up did not move the deadline, the driver would spin (KAFKA-17751).
    if (woken) CHECK(result.next_deadline > now_);
    invariants_.Check(*this, result.next_deadline);
  }
  return result;
}

std::optional<NodeId> RaftCore::leader() const {
  return std::visit(Overloaded{[](const Follower& f) { return f.leader; },
                               [this](const Leader&) { return std::optional(self()); },
                               [](const auto&) { return std::optional<NodeId>(); }},
                    role_);
}

effect::Announce RaftCore::Announcement() const {
  const Announced current = CurrentlyAnnounced();
  return {.has_log = current.has_log,
          .voter_set = current.founded && !log_.voters().empty() ? std::optional(log_.voters())
                                                                 : std::nullopt};
}

RaftCore::Announced RaftCore::CurrentlyAnnounced() const {
  return {.has_log = log_.durable_index() > LogIndex(0),
          .founded = TakesPart(),
          .voters_index = log_.voters_index(),
          .voters_epoch = log_.EpochAt(log_.voters_index())};
}

void RaftCore::Handle(event::Start) {
  BecomeFollower(std::nullopt, RandomElectionDeadline());
  BeginWithSnapshot();
  if (founding_) {
    DecideFounding();
  } else if (log_.voters().size() == 1) {
    StandOrWait();  // there is no other voter to wait for
  }
}

void RaftCore::Handle(const event::Wake& event) {
  disk_is_full_ = event.disk_is_full;
  disk_.OnUserRead(event.reading_since);
  if (EndIfDiskStaysStalled(); stopped_) return;
  ExpireReads();
  if (transfer_ && transfer_->deadline() <= now_) {
    FailTransfer(absl::DeadlineExceededError("the target did not take over in time"));
  }
  if (auto* follower = std::get_if<Follower>(&role_)) {
    if (follower->election_deadline <= now_) StandOrWait();
  } else if (auto* prospective = std::get_if<Prospective>(&role_)) {
    if (prospective->round_deadline <= now_) StandOrWait();
  } else if (auto* candidate = std::get_if<Candidate>(&role_)) {
    // It asks for pre-votes again before it raises the epoch again (braft 725242d: a candidate that
    // kept failing kept raising the epoch).
    if (candidate->round_deadline <= now_) StandOrWait();
  } else if (auto* leader = std::get_if<Leader>(&role_)) {
    if (disk_is_full_) OfferLeadershipForSpace();
    if (leader->next_heartbeat > now_) return;
    if (!QuorumIsLive() || DiskIsStalled()) return Resign();
    for (auto& [id, progress] : leader->peers) {
      if (progress.Stalled(now_, options_.check_quorum_timeout)) progress.Restart();
    }
    leader->next_heartbeat = now_ + options_.heartbeat_interval;
    SendHeartbeats();
    OfferOverdueSnapshots();
  }
}

void RaftCore::Handle(event::Receive event) {
  if (!TakesPart() || event.from.node_id == self()) return;
  const auto session = sessions_.find(event.from.node_id);
  if (session != sessions_.end()) session->second.last_contact = now_;
  std::visit([this, &event](const auto& m) { OnMessage(event.from, event.session, m); },
             event.message);
}

void RaftCore::Handle(const event::Hello& event) {
  sessions_[event.hello.key.node_id].hello = event.hello;
  if (IsUp(event.hello.key, StreamClass::kControl)) OnHelloForFounding(event.hello);
}

// Called only for peers that answer where the configuration says that they listen, because any
// process can claim a voter's node id.
void RaftCore::OnHelloForFounding(const PeerHello& hello) {
  if (!founding_) return;
  founding_->OnHello(hello);
  DecideFounding();
}

void RaftCore::Handle(const event::StreamUp& event) {
  CHECK_EQ(event.peer, event.key.node_id);
  Session& session = sessions_[event.peer];
  if (event.stream == StreamClass::kAppend) {
    if (session.append && session.append != event.key) {
      Handle(event::StreamDown{.peer = event.peer, .stream = StreamClass::kAppend});
    }
    session.append = event.key;
    if (std::holds_alternative<Leader>(role_)) {
      TrackPeer(*AnswererOn(event.peer, StreamClass::kAppend));
    }
    return;
  }
  if (event.stream == StreamClass::kSnapshot) {
    session.snapshot = event.key;
    OnSnapshotStreamUp(event.key);
    return;
  }
  session.control = event.key;
  if (session.hello && session.hello->key == event.key) OnHelloForFounding(*session.hello);
  if (!TakesPart()) return;
  if (death_watch_ && death_watch_->leader == event.peer && !death_watch_->resigned) {
    // The leader lives after all, or its process is back. In the second case it is a follower now,
    // and the election timeout notices that there is no leader.
    death_watch_.reset();
    if (auto* follower = std::get_if<Follower>(&role_)) {
      follower->election_deadline = RandomElectionDeadline();
    }
  }
  AskForVote(event.key);
  if (FollowerProgress* progress = FindProgress(event.key)) SendHeartbeat(event.key, *progress);
}

void RaftCore::Handle(const event::StreamDown& event) {
  Session& session = sessions_[event.peer];
  if (event.stream == StreamClass::kAppend) {
    if (FollowerProgress* progress = FindProgress(event.peer, StreamClass::kAppend)) {
      progress->OnStreamDown();
      ForgetUnlessVoter(*session.append);
    }
    session.append.reset();
    return;
  }
  if (event.stream == StreamClass::kSnapshot) {
    session.snapshot.reset();
    return;
  }
  session.control.reset();
  session.led_at.reset();
  if (auto* follower = std::get_if<Follower>(&role_); follower && follower->leader == event.peer) {
    follower->ready_offset.reset();
    ForgetAskedReads("the session with the leader broke");
  }
  CountVotes();
}

void RaftCore::Handle(const event::PeerDead& event) {
  if (TakesPart()) OnLeaderDeath(event.peer, /*resigned=*/false);
}

void RaftCore::Handle(const event::PeerGoodbye& event) {
  if (!TakesPart() || event.reason == GoodbyeReason::kReconnecting) return;
  if (!IsLeader(event.peer)) return;
  sessions_[event.peer.node_id].led_at.reset();
  if (event.reason == GoodbyeReason::kResigned && event.epoch == epoch()) {
    OnLeaderDeath(event.peer.node_id, /*resigned=*/true);
  }
}

void RaftCore::Handle(const event::Persisted& event) {
  disk_.OnWriteDone();
  std::vector<effect::Reply> released = writes_.Completed(event.id);
  log_.SetDurable(writes_.durable_index());
  for (effect::Reply& reply : released) {
    // A promise for an epoch that is over is not sent: the node that waits for it has lost it too.
    const Epoch reply_epoch = std::visit([](const auto& m) { return m.epoch; }, reply.message);
    if (reply_epoch == epoch()) Emit(std::move(reply));
  }
  if (founding_write_ == event.id) {
    waiting_for_.clear();
    BecomeFollower(std::nullopt, RandomElectionDeadline());
    if (log_.voters().size() == 1) StandOrWait();
  }
  if (auto* candidate = std::get_if<Candidate>(&role_)) {
    if (writes_.IsDurable(candidate->vote_write)) candidate->tally.Record(options_.self, true);
    CountVotes();
  }
  if (std::holds_alternative<Leader>(role_)) AdvanceCommit();
}

void RaftCore::Handle(event::Shutdown) {
  FailReads(local_reads_.All(), "this controller is stopping");
  if (std::holds_alternative<Leader>(role_)) {
    Resign();
  } else if (TakesPart()) {
    Emit(effect::SayGoodbye{.reason = GoodbyeReason::kStopping, .epoch = epoch()});
  }
  if (transfer_) FailTransfer(absl::UnavailableError("this controller is stopping"));
  ReportChanges();
  stopped_ = true;
}

void RaftCore::Die(absl::Status status) {
  Emit(effect::Fatal{std::move(status)});
  stopped_ = true;
}

void RaftCore::ReplyAfter(WriteId after, SessionId session, Message message) {
  effect::Reply reply{.session = session, .message = std::move(message)};
  if (writes_.IsDurable(after)) {
    Emit(std::move(reply));
  } else {
    writes_.Hold(after, std::move(reply));
  }
}

void RaftCore::ChangeHardState(HardState state) {
  hard_state_ = state;
  hard_state_write_ = writes_.next_id();
  write_.hard_state = state;
  write_pending_ = true;
}

void RaftCore::FlushWrite() {
  if (!write_pending_) return;
  write_.id = writes_.next_id();
  writes_.Issued(log_.last_index(), now_);
  Emit(effect::Persist{std::exchange(write_, {})});
  write_pending_ = false;
}

// A voter votes at most once in an epoch and a leader needs a majority, so an epoch has at most one
// leader. A request of an earlier epoch is refused, and the answer names the later epoch. Example
// with three controllers; "5/2" means epoch 5 and a vote for 2, durable before it is told:
//
//   what happens                                          1     2     3
//   1 leads epoch 4, and its process is paused            4/1   4/1   4/1
//   2 stands for election                                 4/1   5/2   4/1
//   3 grants its vote, and 2 leads epoch 5                4/1   5/2   5/2
//   1 goes on and sends a heartbeat of epoch 4            4/1   5/2   5/2
//   2 and 3 refuse it; 1 renounces epoch 4 and adopts 5   5/-   5/2   5/2
//   1 follows 2 after its heartbeat of epoch 5            5/-   5/2   5/2
//
// Entries keep the epoch in which they were appended.
void RaftCore::EnterEpoch(HardState state) {
  CHECK_GT(state.epoch, epoch());
  ChangeHardState(state);
  leader_of_epoch_.reset();
  for (auto& [id, session] : sessions_) session.led_at.reset();
  ForgetAskedReads("the leader changed");
}

void RaftCore::AdoptEpoch(Epoch epoch) {
  // A higher epoch alone is no reason to wait longer: only a leader or a granted vote is.
  MonoTime deadline;
  if (const auto* follower = std::get_if<Follower>(&role_)) {
    deadline = follower->election_deadline;
  } else if (std::holds_alternative<Leader>(role_)) {
    LeaveLeadership();
    deadline = RandomElectionDeadline();
  } else {
    deadline = AfterLostRound();
  }
  EnterEpoch({.epoch = epoch, .vote = std::nullopt});
  BecomeFollower(std::nullopt, deadline);
}

void RaftCore::BecomeFollower(std::optional<NodeId> leader, MonoTime election_deadline) {
  if (leader) stood_at_.reset();
  role_ = Follower{.leader = leader, .election_deadline = election_deadline, .ready_offset = {}};
}

void RaftCore::Resign() {
  Emit(effect::SayGoodbye{.reason = GoodbyeReason::kResigned, .epoch = epoch()});
  LeaveLeadership();
  BecomeFollower(std::nullopt, RandomElectionDeadline());
}

void RaftCore::LeaveLeadership() {
  auto& leader = std::get<Leader>(role_);
  for (const PendingRead& read : leader.reads.Abandon()) AnswerRead(read, false, LogIndex());
  if (transfer_) transfer_->OnDeposed();
  Emit(effect::Renounce{epoch()});
}

void RaftCore::FinishStep() {
  if (std::holds_alternative<Leader>(role_)) LeaveIfRemoved();
  if (std::holds_alternative<Leader>(role_)) {
    ProceedWithTransfer();
    StartReadRound();
    Replicate();
  } else {
    AskLeaderForReads();
  }
  // Persist comes after the messages: the network works while the disk does.
  FlushWrite();
  ReportChanges();
  ReleaseCommittedReads();
}

void RaftCore::ReportChanges() {
  if (reported_commit_ != log_.commit_index()) {
    reported_commit_ = log_.commit_index();
    Emit(effect::Commit{reported_commit_});
  }
  if (auto* leader = std::get_if<Leader>(&role_);
      leader && !leader->claimed && log_.commit_index() >= leader->barrier) {
    leader->claimed = true;
    Emit(effect::Claim{.epoch = epoch(),
                       .barrier = leader->barrier,
                       .end_offset = leader->barrier_end,
                       .has_voters = log_.has_voters_entry(),
                       .voters = log_.voters()});
  }
  const std::pair now_leader(epoch(), leader());
  if (reported_leader_ != now_leader) {
    reported_leader_ = now_leader;
    Emit(effect::LeaderChange{.epoch = now_leader.first, .leader = now_leader.second});
  }
  if (const Announced current = CurrentlyAnnounced(); current != reported_announcement_) {
    reported_announcement_ = current;
    Emit(Announcement());
  }
}

MonoTime RaftCore::NextDeadline() const {
  MonoTime deadline = std::visit(Overloaded{[](const Follower& f) { return f.election_deadline; },
                                            [](const Prospective& p) { return p.round_deadline; },
                                            [](const Candidate& c) { return c.round_deadline; },
                                            [](const Leader& l) { return l.next_heartbeat; }},
                                 role_);
  if (const auto* leader = std::get_if<Leader>(&role_)) {
    for (const auto& [key, progress] : leader->peers) {
      // A peer that cannot be sent anything now learns the commit index with its next request.
      const bool can_send = progress.CanSend() && IsUp(key, StreamClass::kAppend);
      if (can_send) deadline = std::min(deadline, CommitMessageDueAt(progress));
    }
  }
  deadline = std::min(deadline, local_reads_.next_deadline());
  if (transfer_) deadline = std::min(deadline, transfer_->deadline());
  return deadline;
}

MonoTime RaftCore::RandomElectionDeadline() {
  return now_ + RandomBetween(options_.election_timeout_min, options_.election_timeout_max);
}

Duration RaftCore::RandomBetween(Duration min, Duration max) {
  if (max <= min) return min;
  return min + Duration(rng_.Below(static_cast<uint64_t>((max - min).count())));
}

std::optional<ReplicaKey> RaftCore::AnswererOn(NodeId peer, StreamClass stream) const {
  const auto it = sessions_.find(peer);
  if (it == sessions_.end()) return std::nullopt;
  switch (stream) {
    case StreamClass::kControl:
      return it->second.control;
    case StreamClass::kAppend:
      return it->second.append;
    case StreamClass::kSnapshot:
      return it->second.snapshot;
  }
  return std::nullopt;
}

std::optional<ReplicaKey> RaftCore::FindAnswerer(const ReplicaKey& from, StreamClass stream) const {
  const std::optional<ReplicaKey> answerer = AnswererOn(from.node_id, stream);
  return answerer == from ? answerer : std::nullopt;
}

bool RaftCore::IsUp(const ReplicaKey& peer, StreamClass stream) const {
  return AnswererOn(peer.node_id, stream) == peer;
}

bool RaftCore::TakesPart() const {
  if (log_.voters().empty()) return options_.observer;
  return !founding_write_ || writes_.IsDurable(*founding_write_);
}

}  // namespace quorate::raft
