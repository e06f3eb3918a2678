// Elections: pre-votes, votes, and the death of a leader (Raft §5.2, §5.4.1, dissertation §9.6,
// KIP-996; docs/ARCHITECTURE.md, "Death is noticed when the connection breaks").
#include <tuple>
#include <utility>

#include "base/overloaded.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {

void RaftCore::DecideFounding() {
  std::visit(Overloaded{[this](Founding::Waiting waiting) {
                          waiting_for_ = std::move(waiting.waiting_for);
                        },
                        [this](Founding::Founded founded) {
                          founding_.reset();
                          waiting_for_ = "its own disk";
                          log_.SetFoundingVoters(founded.voters);
                          founding_write_ = writes_.next_id();
                          write_.founding_voters = std::move(founded.voters);
                          write_pending_ = true;
                        },
                        [this](Founding::Refused refused) { Die(std::move(refused.status)); }},
             founding_->Decide());
}

bool RaftCore::MayStand() const {
  return TakesPart() && IsElectable() && !DiskIsStalled() && epoch() < kMaxEpoch;
}

void RaftCore::StandOrWait() {
  if (MayStand()) {
    StartPreVote();
  } else {
    BecomeFollower(std::nullopt, RandomElectionDeadline());
  }
}

void RaftCore::StartPreVote() {
  if (!stood_at_) stood_at_ = now_;
  role_ = Prospective{.tally = VoteTally(log_.voters(), options_.self),
                      .round_deadline = RandomElectionDeadline()};
  std::get<Prospective>(role_).tally.Record(options_.self, true);
  AskForVotes();
  CountVotes();
}

void RaftCore::StartVote(bool transfer) {
  if (!stood_at_) stood_at_ = now_;
  EnterEpoch({.epoch = epoch() + 1, .vote = options_.self});
  // The requests leave while the vote for itself is being written. That vote counts once it is
  // durable, and there is no majority without it (Candidate::vote_write, VoteTally::Won).
  role_ = Candidate{.tally = VoteTally(log_.voters(), options_.self),
                    .vote_write = hard_state_write_,
                    .transfer = transfer,
                    .round_deadline = RandomElectionDeadline()};
  AskForVotes();
  CountVotes();
}

void RaftCore::AskForVotes() {
  for (const Voter& voter : log_.voters().voters()) {
    if (voter.key != options_.self) AskForVote(voter.key);
  }
}

void RaftCore::AskForVote(const ReplicaKey& voter) {
  const auto* candidate = std::get_if<Candidate>(&role_);
  const bool pre_vote = std::holds_alternative<Prospective>(role_);
  if (!candidate && !pre_vote) return;
  if (!log_.voters().Contains(voter) || !IsUp(voter, StreamClass::kControl)) return;
  Emit(effect::Send{.to = voter.node_id,
                    .message = VoteRequest{.epoch = pre_vote ? epoch() + 1 : epoch(),
                                           .candidate = options_.self,
                                           .last_epoch = log_.last_epoch(),
                                           .last_index = log_.last_index(),
                                           .pre_vote = pre_vote,
                                           .transfer = candidate && candidate->transfer,
                                           .voters = ShownVoters()}});
}

std::optional<VoterSet> RaftCore::ShownVoters() const {
  return log_.has_voters_entry() ? std::optional(log_.voters()) : std::nullopt;
}

void RaftCore::CountVotes() {
  const auto may_answer = [this](const ReplicaKey& voter) {
    return IsUp(voter, StreamClass::kControl);
  };
  if (auto* prospective = std::get_if<Prospective>(&role_)) {
    // A message that a resigned leader sent earlier may have removed this node since it asked.
    if (!MayStand() || prospective->tally.Lost(may_answer)) {
      return BecomeFollower(std::nullopt, AfterLostRound());
    }
    if (prospective->tally.Won()) StartVote(/*transfer=*/false);
  } else if (auto* candidate = std::get_if<Candidate>(&role_)) {
    if (candidate->tally.Won()) return BecomeLeader();
    if (candidate->tally.Lost(may_answer)) BecomeFollower(std::nullopt, AfterLostRound());
  }
}

MonoTime RaftCore::AfterLostRound() {
  if (death_watch_ && death_watch_->retries_left > 0) {
    --death_watch_->retries_left;
    return now_ + RandomBetween(options_.death_retry_min, options_.death_retry_max);
  }
  death_watch_.reset();
  return RandomElectionDeadline();
}

// The death watch: the leader's connections broke (event::PeerDead), or it resigned. The voters do
// not wait for the election timeout but stand one after the other, in the order of their ranks
// (VoterSet::RankAfter). Example with five voters, where 2 leads and its process is killed at 0 ms:
//
//   voter   rank   stands at, instead of after 500 to 1,000 ms
//   3       0       0 to  5 ms
//   4       1      15 to 20 ms
//   5       2      30 to 35 ms
//   1       3      45 to 50 ms
//
// Usually 3 has won before 4 stands: a granted vote ends the watch of the voter that grants it. If
// 3 is dead too, or its log is not up to date, 4 is next. A lost round is repeated after 10 to 30
// ms, at most `death_rounds` times; then the election timeout applies again (AfterLostRound). If
// the leader is alive, voters whose session with it works refuse the pre-vote, and the watch ends
// when the session comes up again.
void RaftCore::OnLeaderDeath(NodeId leader, bool resigned) {
  if (!leader_of_epoch_ || leader_of_epoch_->node_id != leader || leader == self()) return;
  sessions_[leader].led_at.reset();
  // A Goodbye is often followed by the end of the process. Both are one death, with one watch.
  if (death_watch_ && death_watch_->leader == leader) return;
  death_watch_ = DeathWatch{.leader = leader,
                            .epoch = epoch(),
                            .resigned = resigned,
                            .retries_left = options_.death_rounds};
  auto* follower = std::get_if<Follower>(&role_);
  if (!follower) return;  // it stands already
  MonoTime deadline = follower->election_deadline;
  if (IsVoter()) {
    // All survivors notice the death at the same moment. If they stood together, they would split
    // the votes.
    const auto rank = static_cast<int64_t>(log_.voters().RankAfter(leader, self()));
    deadline =
        now_ + rank * options_.death_stagger + RandomBetween(Duration(0), options_.death_jitter);
  }
  ForgetAskedReads("the leader died");
  BecomeFollower(std::nullopt, deadline);
}

bool RaftCore::HasLiveLeader() const {
  if (std::holds_alternative<Leader>(role_)) return QuorumIsLive();
  if (!leader_of_epoch_) return false;
  const NodeId leader = leader_of_epoch_->node_id;
  if (!AnswererOn(leader, StreamClass::kControl)) return false;
  const std::optional<MonoTime> led_at = sessions_.at(leader).led_at;
  return led_at && now_ < *led_at + options_.election_timeout_min;
}

// The vote rule: a log is up to date if its last entry has a later epoch than the last entry here,
// or the same epoch and an index that is not lower (Raft §5.4.1). Example with three voters; 1 led
// epoch 1 and was cut off, 3 led epoch 2 and has restarted:
//
//   index          1 2 3 4 5      the candidate gets the votes of
//   log of 1       1 1 1 1 1      1 itself: epoch 1 is earlier than 2, however long the log is
//   log of 2       1 1 2          2 and 1: 3 refuses, because index 3 is lower than 4
//   log of 3       1 1 2 2        all
//
// Entry 3 of epoch 2 may be committed, since a majority has it, and every log that can win has it.
//
// A pre-vote is granted by the same rule for the candidate's epoch + 1, but changes nothing on
// either side. Example: a voter is cut off from a healthy cluster in epoch 7. It asks for pre-votes
// for epoch 8, again and again, and stays in epoch 7. When it is connected again, the others refuse
// its pre-vote because their leader is alive, and it follows that leader. Without pre-votes it
// might return in epoch 20, and the leader would be deposed for no reason.
void RaftCore::OnMessage(const ReplicaKey& from, SessionId session, const VoteRequest& request) {
  VoteResponse response{.epoch = epoch(),
                        .requested_epoch = request.epoch,
                        .granted = false,
                        .pre_vote = request.pre_vote};
  // While a leader is alive, no voter helps to replace it, and its epoch is not disturbed: the
  // request is refused without being believed. A hand-over is the exception, because the leader
  // ordered it (braft 3cfb1f1); the candidate must then be a familiar replica.
  const bool is_transfer = request.transfer && IsFamiliar(from);
  const bool would_replace_live_leader = !is_transfer && HasLiveLeader();
  const bool is_believed =
      request.candidate == from && Believes(from, request.epoch, request.voters);
  if (!is_believed && request.epoch >= epoch()) {
    Emit(effect::Distrust{.who = from, .epoch = request.epoch});
  }
  if (request.epoch < epoch() || would_replace_live_leader || !is_believed)
    return Emit(effect::Reply{.session = session, .message = response});

  // A pre-vote changes nothing, not even a timer (Redpanda #11657: pre-votes kept the followers of
  // a dead leader waiting).
  if (!request.pre_vote && request.epoch > epoch()) {
    AdoptEpoch(request.epoch);
  }
  response.epoch = epoch();

  // In an epoch that has not begun here, the vote is free. In the current epoch, a vote that was
  // granted never changes, and another one is of no use once a leader is known.
  const std::optional<ReplicaKey>& vote = hard_state_.vote;
  const bool free = request.epoch > epoch() ||
                    (!leader_of_epoch_ && (!vote.has_value() || *vote == request.candidate));
  const bool up_to_date = std::tie(request.last_epoch, request.last_index) >=
                          std::make_tuple(log_.last_epoch(), log_.last_index());
  // Only the request is judged, not the roles. This log may not know yet that this node is a voter
  // (etcd raft abb533c), that the candidate is one, or that its directory was replaced (KIP-853). A
  // candidate is a voter of its own log, and counts only the votes of that log's voters.
  response.granted = free && up_to_date;
  if (!response.granted || request.pre_vote) {
    return Emit(effect::Reply{.session = session, .message = response});
  }
  if (!vote) ChangeHardState({.epoch = epoch(), .vote = request.candidate});
  death_watch_.reset();
  BecomeFollower(std::nullopt, RandomElectionDeadline());
  ReplyAfter(hard_state_write_, session, response);
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId, const VoteResponse& response) {
  const std::optional<ReplicaKey> voter = FindAnswerer(from, StreamClass::kControl);
  if (!voter) return;
  if (response.epoch > epoch()) return OnHigherEpoch(*voter, response.epoch);
  // Seeing an epoch is not a grant (openraft #1220): only an answer to the request of this round
  // counts.
  if (auto* prospective = std::get_if<Prospective>(&role_)) {
    if (!response.pre_vote || response.requested_epoch != epoch() + 1) return;
    if (!prospective->tally.Counts(*voter)) return;
    prospective->tally.Record(*voter, response.granted);
  } else if (auto* candidate = std::get_if<Candidate>(&role_)) {
    if (response.pre_vote) return;
    if (response.requested_epoch != epoch()) return;
    if (!candidate->tally.Counts(*voter)) return;
    candidate->tally.Record(*voter, response.granted);
  }
  CountVotes();
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId, const TimeoutNow& order) {
  // A node that was removed, or never was a voter, does not stand for election (etcd raft 816fc51).
  const bool valid = order.epoch == epoch() && IsLeader(from);
  if (!valid || !MayStand()) return;
  // This node could not propose anything either.
  if (disk_is_full_) return;
  if (std::holds_alternative<Follower>(role_)) StartVote(/*transfer=*/true);
}

}  // namespace quorate::raft
