// Describes what the core knows of the quorum, for people and for metrics.
#include <string>

#include "absl/strings/str_format.h"
#include "base/time.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {

QuorumStatus RaftCore::Describe(MonoTime now) const {
  QuorumStatus status{.self = self(),
                      .epoch = epoch(),
                      .leader = leader(),
                      .log_end_offset = log_.end_offset(),
                      .voter_set = log_.voters(),
                      .waiting_for = waiting_for_,
                      .own_log = {.entries = log_.last_index() - log_.first_index() + 1,
                                  .uncommitted_bytes = log_.uncommitted_bytes(),
                                  .disk_is_stalled = disk_.IsStalled(now, writes_.OldestIssue())}};
  const auto* leading = std::get_if<Leader>(&role_);
  if (leading != nullptr) {
    status.ready_offset = leading->barrier_end;
  } else if (const auto* follower = std::get_if<Follower>(&role_); follower && follower->leader) {
    status.ready_offset = follower->ready_offset;
  }
  for (const Voter& voter : log_.voters().voters()) {
    status.replicas.push_back(DescribeReplica(voter, now));
  }
  if (leading == nullptr) return status;
  for (const auto& [key, progress] : leading->peers) {
    if (log_.voters().Contains(key)) continue;
    Voter observer{.key = key};
    if (const auto& hello = sessions_.at(key.node_id).hello; hello && hello->key == key) {
      observer.peer_endpoint = hello->peer_endpoint;
    }
    status.replicas.push_back(DescribeReplica(observer, now));
    status.replicas.back().is_voter = false;
  }
  return status;
}

ReplicaStatus RaftCore::DescribeReplica(const Voter& who, MonoTime now) const {
  ReplicaStatus replica{.key = who.key, .peer_endpoint = who.peer_endpoint};
  if (who.key == options_.self) {
    replica.log_end_offset = log_.end_offset();
    replica.last_contact = replica.last_caught_up = now;
    replica.caught_up = true;
    replica.max_metadata_version = options_.max_metadata_version;
    replica.announced = Voter{.key = who.key,
                              .peer_endpoint = options_.peer_endpoint,
                              .client_endpoint = options_.client_endpoint};
    return replica;
  }
  replica.in_session = IsUp(who.key, StreamClass::kControl);
  if (const auto it = sessions_.find(who.key.node_id); it != sessions_.end()) {
    replica.last_contact = it->second.last_contact;
    const std::optional<PeerHello>& hello = it->second.hello;
    if (replica.in_session && hello && hello->key == who.key) {
      replica.max_metadata_version = hello->max_metadata_version;
      replica.announced = VoterOf(*hello);
    }
  }
  if (const auto* leading = std::get_if<Leader>(&role_)) {
    const FollowerProgress& progress = leading->peers.at(who.key);
    replica.log_end_offset = progress.match_end_offset();
    replica.last_contact = progress.last_contact();
    replica.last_caught_up = progress.last_caught_up();
    replica.caught_up = replica.in_session && replica.last_caught_up &&
                        now < *replica.last_caught_up + options_.check_quorum_timeout;
    replica.receives_snapshot = progress.state() == FollowerProgress::State::kSnapshot;
  }
  return replica;
}

ElectionCause RaftCore::election_cause() const {
  const auto* candidate = std::get_if<Candidate>(&role_);
  if (candidate != nullptr && candidate->transfer) return ElectionCause::kTransfer;
  if (!death_watch_) return ElectionCause::kTimeout;
  return death_watch_->resigned ? ElectionCause::kResignation : ElectionCause::kLeaderDied;
}

std::string RaftCore::HowElected() const {
  const int64_t ms = stood_at_ ? ToMs(now_ - *stood_at_) : 0;
  std::string why = "no leader was in contact";
  switch (election_cause()) {
    case ElectionCause::kLeaderDied:
      why = absl::StrFormat("the connection to controller %d broke", death_watch_->leader.value());
      break;
    case ElectionCause::kResignation:
      why = absl::StrFormat("controller %d resigned", death_watch_->leader.value());
      break;
    case ElectionCause::kTransfer:
      why = "the previous leader handed over";
      break;
    case ElectionCause::kStart:
    case ElectionCause::kTimeout:
      break;
  }
  return absl::StrFormat("controller %d elected after %d ms: %s", self().value(), ms, why);
}

}  // namespace quorate::raft
