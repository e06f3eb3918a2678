#include "raft/node/raft_meter.h"

#include <variant>

namespace quorate::raft {
namespace {

bool IsLeader(const RaftCore& core) { return std::holds_alternative<Leader>(core.role()); }

}  // namespace

void RaftMeter::OnEvent(const RaftCore& core, MonoTime /*now*/, const Event& event) {
  was_leader_ = IsLeader(core);
  epoch_before_ = core.epoch();
  is_shutdown_ = std::holds_alternative<event::Shutdown>(event);
}

void RaftMeter::OnStep(const RaftCore& core, MonoTime now, const StepResult& result) {
  CountElection(core, now);
  if (was_leader_ && !IsLeader(core)) {
    metrics_.leadership_ends[static_cast<size_t>(EndOf(core))].Add();
    is_handing_over_ = false;
    uncommitted_.clear();
  }
  CountEffects(core, now, result);
  if (IsLeader(core)) CountCommits(core, now);
}

void RaftMeter::CountElection(const RaftCore& core, MonoTime now) {
  if (!stood_at_ && !was_leader_ && !std::holds_alternative<Follower>(core.role())) {
    stood_at_ = now;
    const ElectionCause cause = has_known_leader_ ? core.election_cause() : ElectionCause::kStart;
    metrics_.elections[static_cast<size_t>(cause)].Add();
  }
  if (!core.leader()) return;
  has_known_leader_ = true;
  if (IsLeader(core) && stood_at_) metrics_.won_election_duration.Observe(now - *stood_at_);
  stood_at_.reset();
}

LeadershipEnd RaftMeter::EndOf(const RaftCore& core) const {
  if (is_shutdown_) return LeadershipEnd::kStopped;
  if (core.epoch() > epoch_before_) {
    return is_handing_over_ ? LeadershipEnd::kTransferred : LeadershipEnd::kDeposed;
  }
  if (!core.log().voters().Contains(core.options().self)) return LeadershipEnd::kRemoved;
  return core.DiskIsStalled() ? LeadershipEnd::kDiskStalled : LeadershipEnd::kNoQuorum;
}

void RaftMeter::CountEffects(const RaftCore& core, MonoTime now, const StepResult& result) {
  for (const Effect& effect : result.effects) {
    if (const auto* persist = std::get_if<effect::Persist>(&effect)) {
      const std::vector<EntryPtr>& entries = persist->write.entries;
      if (entries.empty()) continue;
      size_t bytes = 0;
      for (const EntryPtr& entry : entries) bytes += entry->encoded().size();
      metrics_.append_entries.Observe(static_cast<double>(entries.size()));
      metrics_.append_bytes.Observe(static_cast<double>(bytes));
      if (IsLeader(core)) uncommitted_.push_back({entries.back()->index(), now});
    } else if (const auto* send = std::get_if<effect::Send>(&effect)) {
      if (std::holds_alternative<TimeoutNow>(send->message)) is_handing_over_ = true;
    } else if (std::holds_alternative<effect::Resume>(effect)) {
      is_handing_over_ = false;
    } else if (std::holds_alternative<effect::Distrust>(effect)) {
      metrics_.distrusted_claims.Add();
    }
  }
}

void RaftMeter::CountCommits(const RaftCore& core, MonoTime now) {
  const LogIndex commit = core.log().commit_index();
  while (!uncommitted_.empty() && uncommitted_.front().last_index <= commit) {
    metrics_.commit_latency.Observe(now - uncommitted_.front().appended_at);
    uncommitted_.pop_front();
  }
}

}  // namespace quorate::raft
