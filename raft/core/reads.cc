// Linearizable reads on any node by ReadIndex (Raft §6.4). A leader confirms that it still leads
// with a round of heartbeats that it sends after the request. A follower asks the leader.
#include <utility>

#include "raft/core/raft_core.h"

namespace quorate::raft {

void RaftCore::Handle(const event::StartRead& event) {
  local_reads_.Add(event.token, event.deadline);
  if (auto* leader = std::get_if<Leader>(&role_)) {
    leader->reads.waiting.push_back({.token = event.token, .session = 0});
  } else {
    reads_waiting_.push_back(event.token);
  }
}

void RaftCore::AskLeaderForReads() {
  // One request at a time is in flight. It serves all reads that came before it.
  const auto* follower = std::get_if<Follower>(&role_);
  if (!follower || !follower->leader || reads_waiting_.empty() || !reads_asked_.empty()) return;
  if (!AnswererOn(*follower->leader, StreamClass::kControl)) return;
  reads_asked_.swap(reads_waiting_);
  ++asked_token_;
  Emit(effect::Send{.to = *follower->leader,
                    .message = ReadIndexRequest{.token = asked_token_, .epoch = epoch()}});
}

void RaftCore::OnMessage(const ReplicaKey&, SessionId session, const ReadIndexRequest& request) {
  auto* leader = std::get_if<Leader>(&role_);
  if (leader && request.epoch == epoch()) {
    leader->reads.waiting.push_back({.token = request.token, .session = session});
  } else {
    AnswerRead({.token = request.token, .session = session}, false, LogIndex());
  }
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId, const ReadIndexResponse& response) {
  if (!IsLeader(from)) return;
  if (response.token != asked_token_ || reads_asked_.empty()) return;
  if (!response.confirmed || response.epoch != epoch()) {
    return ForgetAskedReads("the leader could not confirm its leadership");
  }
  for (const Token token : std::exchange(reads_asked_, {})) {
    reads_confirmed_.emplace(response.read_index, token);
  }
}

void RaftCore::StartReadRound() {
  auto& leader = std::get<Leader>(role_);
  ReadRounds& reads = leader.reads;
  if (reads.waiting.empty() || !reads.under_way.empty()) return;
  // Before its barrier is committed, a leader's commit index may be behind what its predecessor
  // acknowledged (etcd #7331; with a single voter too: etcd raft #105).
  if (log_.commit_index() < leader.barrier) return;
  reads.under_way.swap(reads.waiting);
  reads.read_index = log_.commit_index();
  ++reads.sequence;
  SendHeartbeats();
  FinishReadRound();  // a leader that is a majority by itself needs no answer
}

void RaftCore::FinishReadRound() {
  const auto& leader = std::get<Leader>(role_);
  if (leader.reads.under_way.empty()) return;
  const size_t confirmed = CountVoters([&leader](const FollowerProgress& progress) {
    return progress.confirmed_read() >= leader.reads.sequence;
  });
  if (confirmed < log_.voters().Majority()) return;
  ReadRounds& reads = std::get<Leader>(role_).reads;
  for (const PendingRead& read : std::exchange(reads.under_way, {})) {
    AnswerRead(read, true, reads.read_index);
  }
}

void RaftCore::AnswerRead(const PendingRead& read, bool confirmed, LogIndex index) {
  if (read.session != 0) {
    Emit(effect::Reply{
        .session = read.session,
        .message = ReadIndexResponse{
            .token = read.token, .epoch = epoch(), .confirmed = confirmed, .read_index = index}});
  } else if (!confirmed) {
    FailReads({read.token}, "leadership was lost");
  } else if (local_reads_.Take(read.token)) {
    Emit(effect::ReadReady{.token = read.token, .index = index});
  }
}

void RaftCore::FailReads(const std::vector<Token>& tokens, const std::string& reason) {
  for (const Token token : tokens) {
    if (local_reads_.Take(token)) Emit(effect::ReadFailed{.token = token, .reason = reason});
  }
}

void RaftCore::ForgetAskedReads(const std::string& reason) {
  FailReads(std::exchange(reads_asked_, {}), reason);
}

void RaftCore::ReleaseCommittedReads() {
  // The leader's commit index may be ahead of the one that this node knows.
  while (!reads_confirmed_.empty()) {
    const auto [index, token] = *reads_confirmed_.begin();
    if (index > log_.commit_index()) break;
    reads_confirmed_.erase(reads_confirmed_.begin());
    if (local_reads_.Take(token)) Emit(effect::ReadReady{.token = token, .index = index});
  }
}

void RaftCore::ExpireReads() {
  const std::vector<Token> expired = local_reads_.Expire(now_);
  if (expired.empty()) return;
  for (const Token token : expired) {
    Emit(effect::ReadFailed{.token = token, .reason = "no leader confirmed the read in time"});
  }
  // Elsewhere expired reads are skipped once their turn comes. In these two lists they might wait
  // forever.
  const auto closed = [this](Token token) { return !local_reads_.IsOpen(token); };
  std::erase_if(reads_waiting_, closed);
  std::erase_if(reads_asked_, closed);
}

}  // namespace quorate::raft
