// Pre-votes, votes, and the death of a leader (Raft §5.2, §5.4.1, dissertation §9.6, KIP-996;
// docs/ARCHITECTURE.md, "Death is noticed when the connection breaks").
#include <tuple>
#include <utility>

#include "base/overloaded.h"
#include "raft/mutant.h"
#include "raft/raft_core.h"

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
    if (IsMutant(Mutant::kSkipPreVote)) return StartVote(/*transfer=*/false);
    StartPreVote();
  } else {
    BecomeFollower(std::nullopt, RandomElectionDeadline());
  }
}

void RaftCore::StartPreVote() {
  role_ = Prospective{.tally = VoteTally(log_.voters(), options_.self),
                      .round_deadline = RandomElectionDeadline()};
  std::get<Prospective>(role_).tally.Record(options_.self, true);
  AskForVotes();
  CountVotes();
}

void RaftCore::StartVote(bool transfer) {
  EnterEpoch({.epoch = epoch() + 1, .vote = options_.self});
  // The questions leave while the vote for itself is being written; it counts once it is durable,
  // and there is no majority without it (Candidate::vote_write, VoteTally::Won).
  role_ = Candidate{.tally = VoteTally(log_.voters(), options_.self),
                    .vote_write = IsMutant(Mutant::kOwnVoteBeforeDurable) ? 0 : hard_state_write_,
                    .transfer = transfer || IsMutant(Mutant::kAlwaysOverride),
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
    // What a resigned leader still sent may have removed it since it asked.
    const bool may_stand = MayStand() || IsMutant(Mutant::kRemovedStands);
    if (!may_stand || prospective->tally.Lost(may_answer)) {
      return BecomeFollower(std::nullopt, AfterLostRound());
    }
    if (prospective->tally.Won()) StartVote(/*transfer=*/false);
  } else if (auto* candidate = std::get_if<Candidate>(&role_)) {
    if (candidate->tally.Won() || IsMutant(Mutant::kWinWithoutMajority)) return BecomeLeader();
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

void RaftCore::OnLeaderDeath(NodeId leader, bool resigned) {
  if (!leader_of_epoch_ || leader_of_epoch_->node_id != leader || leader == self()) return;
  sessions_[leader].led_at.reset();
  // A Goodbye is often followed by the end of the process: one death, one round of standing.
  if (death_watch_ && death_watch_->leader == leader) return;
  death_watch_ = DeathWatch{.leader = leader,
                            .epoch = epoch(),
                            .resigned = resigned,
                            .retries_left = options_.death_rounds};
  auto* follower = std::get_if<Follower>(&role_);
  if (!follower) return;  // it stands already
  MonoTime deadline = follower->election_deadline;
  if (IsVoter()) {
    // All survivors see the death at the same moment; those that stood together would split the
    // votes.
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

void RaftCore::OnMessage(const ReplicaKey& from, SessionId session, const VoteRequest& request) {
  VoteResponse response{.epoch = epoch(),
                        .requested_epoch = request.epoch,
                        .granted = false,
                        .pre_vote = request.pre_vote};
  // While a leader is at work nobody is helped to replace it, and its epoch is not disturbed: the
  // request is refused without being believed. A hand-over is the leader's own wish (braft
  // 3cfb1f1), which names a voter.
  const bool is_wished = request.transfer && IsFamiliar(from);
  const bool deposes = !is_wished && HasLiveLeader() && !IsMutant(Mutant::kVoteDespiteLeader);
  const bool is_believed =
      (request.candidate == from && Believes(from, request.epoch, request.voters)) ||
      IsMutant(Mutant::kVoteForStranger);
  if (!is_believed && request.epoch >= epoch()) {
    Emit(effect::Distrust{.who = from, .epoch = request.epoch});
  }
  if (request.epoch < epoch() || deposes || !is_believed)
    return Emit(effect::Reply{.session = session, .message = response});

  // A pre-vote changes nothing, no timer either (Redpanda #11657: it kept a dead leader's followers
  // waiting).
  if ((!request.pre_vote || IsMutant(Mutant::kPreVoteAdoptsEpoch)) && request.epoch > epoch()) {
    AdoptEpoch(request.epoch);
  }
  response.epoch = epoch();

  // The vote is free in an epoch that has not begun here; else it is once given and never changed,
  // and useless where somebody leads.
  const std::optional<ReplicaKey>& vote = hard_state_.vote;
  const bool free = request.epoch > epoch() ||
                    (!leader_of_epoch_ && (!vote.has_value() || *vote == request.candidate ||
                                           IsMutant(Mutant::kVoteTwice)));
  const Epoch last_epoch =
      IsMutant(Mutant::kCompareIndexesOnly) ? request.last_epoch : log_.last_epoch();
  const bool up_to_date = std::tie(request.last_epoch, request.last_index) >=
                              std::make_tuple(last_epoch, log_.last_index()) ||
                          IsMutant(Mutant::kVoteForShorterLog);
  // The request is judged, not the roles: this log may not know yet that this node was made a voter
  // (etcd raft abb533c), or the candidate, or that its directory was replaced (KIP-853). Who stands
  // is a voter of its own log, and it counts the votes of that log's voters only.
  response.granted = free && up_to_date;
  if (!response.granted || (request.pre_vote && !IsMutant(Mutant::kPreVotePromises))) {
    return Emit(effect::Reply{.session = session, .message = response});
  }
  if (!vote) ChangeHardState({.epoch = epoch(), .vote = request.candidate});
  death_watch_.reset();
  BecomeFollower(std::nullopt, RandomElectionDeadline());
  ReplyAfter(IsMutant(Mutant::kVoteBeforeDurable) ? 0 : hard_state_write_, session, response);
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId, const VoteResponse& response) {
  const std::optional<ReplicaKey> voter = FindAnswerer(from, StreamClass::kControl);
  if (!voter) return;
  if (response.epoch > epoch()) return OnHigherEpoch(*voter, response.epoch);
  // Seeing an epoch is not a grant (openraft #1220): only an answer to this very question counts.
  if (auto* prospective = std::get_if<Prospective>(&role_)) {
    if (!response.pre_vote || response.requested_epoch != epoch() + 1) return;
    prospective->tally.Record(*voter, response.granted || IsMutant(Mutant::kCountPreVoteRefusals));
  } else if (auto* candidate = std::get_if<Candidate>(&role_)) {
    if (response.pre_vote && !IsMutant(Mutant::kCountPreVotes)) return;
    if (response.requested_epoch != epoch() && !IsMutant(Mutant::kCountOldVotes)) return;
    candidate->tally.Record(*voter, response.granted || IsMutant(Mutant::kCountRefusals));
  }
  CountVotes();
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId, const TimeoutNow& order) {
  // A node that was removed, or never was a voter, does not stand (etcd raft 816fc51).
  const bool valid = order.epoch == epoch() && IsLeader(from);
  if ((!valid && !IsMutant(Mutant::kObeyOldOrder)) || !MayStand()) return;
  // Nothing could be proposed here either.
  if (disk_is_full_) return;
  if (std::holds_alternative<Follower>(role_)) StartVote(/*transfer=*/true);
}

}  // namespace quorate::raft
