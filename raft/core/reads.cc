// Linearizable reads on any node by ReadIndex (Raft dissertation §6.4). A leader confirms that it
// still leads with a round of heartbeats that it sends after the request (ReadRounds). A follower
// asks the leader (LocalReads).
#include <utility>

#include "raft/core/raft_core.h"

namespace quorate::raft {

void RaftCore::Handle(const event::StartRead& event) {
  local_reads_.Open(event.token, event.deadline);
  if (auto* leader = std::get_if<Leader>(&role_)) {
    leader->reads.Add({.token = event.token, .session = 0});
  } else {
    local_reads_.Wait(event.token);
  }
}

void RaftCore::AskLeaderForReads() {
  const auto* follower = std::get_if<Follower>(&role_);
  if (!follower || !follower->leader || !local_reads_.ShouldAsk()) return;
  if (!AnswererOn(*follower->leader, StreamClass::kControl)) return;
  Emit(effect::Send{.to = *follower->leader,
                    .message = ReadIndexRequest{.token = local_reads_.Ask(), .epoch = epoch()}});
}

void RaftCore::OnMessage(const ReplicaKey&, SessionId session, const ReadIndexRequest& request) {
  auto* leader = std::get_if<Leader>(&role_);
  if (leader && request.epoch == epoch()) {
    leader->reads.Add({.token = request.token, .session = session});
  } else {
    AnswerRead({.token = request.token, .session = session}, false, LogIndex());
  }
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId, const ReadIndexResponse& response) {
  if (!IsLeader(from)) return;
  if (!local_reads_.IsInFlight(response.token)) return;
  if (!response.confirmed || response.epoch != epoch()) {
    return ForgetAskedReads("the leader could not confirm its leadership");
  }
  local_reads_.Confirm(response.read_index);
}

void RaftCore::StartReadRound() {
  auto& leader = std::get<Leader>(role_);
  // Before its barrier is committed, a leader's commit index may be behind what its predecessor
  // acknowledged (etcd #7331; with a single voter too: etcd raft #105).
  if (log_.commit_index() < leader.barrier) return;
  if (!leader.reads.Begin(log_.commit_index())) return;
  SendHeartbeats();
  FinishReadRound();  // a leader that is a majority by itself needs no answer
}

void RaftCore::FinishReadRound() {
  ReadRounds& reads = std::get<Leader>(role_).reads;
  if (!reads.is_under_way()) return;
  const size_t confirmed = CountVoters([&reads](const FollowerProgress& progress) {
    return progress.confirmed_read() >= reads.sequence();
  });
  if (confirmed < log_.voters().Majority()) return;
  for (const PendingRead& read : reads.Finish()) AnswerRead(read, true, reads.read_index());
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
  FailReads(local_reads_.Forget(), reason);
}

void RaftCore::ReleaseCommittedReads() {
  for (const auto& [token, index] : local_reads_.Release(log_.commit_index())) {
    Emit(effect::ReadReady{.token = token, .index = index});
  }
}

void RaftCore::ExpireReads() {
  for (const Token token : local_reads_.Expire(now_)) {
    Emit(effect::ReadFailed{.token = token, .reason = "no leader confirmed the read in time"});
  }
}

}  // namespace quorate::raft
