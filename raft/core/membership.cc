// Voters and observers: which replicas count, which ones a leader replicates to, and how the voter
// set changes by one replica at a time (Raft dissertation §4.1-4.2, KIP-853).
//
// A Voters entry governs from the moment it is in the log, committed or not, until it is truncated
// (LogView::voters). So nothing here waits for one to be committed, with two exceptions: the next
// change, and a leader that was removed. Such a leader stays leader, without counting itself, until
// the remaining voters have committed its removal.
#include <utility>

#include "absl/strings/str_format.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {

absl::Status RaftCore::CheckVoterChange(const VoterSet& next) const {
  const auto* leader = std::get_if<Leader>(&role_);
  if (leader == nullptr) return absl::FailedPreconditionError("this controller does not lead");
  // Without this, two leaders of different epochs could each change a set that the other does not
  // know, and their majorities need not have a voter in common (openraft #2051).
  if (log_.commit_index() < leader->barrier) {
    return absl::FailedPreconditionError("the barrier of this epoch is not committed");
  }
  if (log_.voters_index() > log_.commit_index()) {
    return absl::FailedPreconditionError("an earlier change of the voters is not committed");
  }
  if (next.empty()) return absl::FailedPreconditionError("there would be no voter");
  const size_t distance = log_.voters().DistanceTo(next);
  if (distance > 1) {
    return absl::FailedPreconditionError(
        absl::StrFormat("%d replicas would come or go, and one at a time may", distance));
  }
  return absl::OkStatus();
}

bool RaftCore::IsElectable() const {
  // The entry that removes this node may be in its log alone. The remaining voters then cannot be
  // elected, because their logs are shorter, so this node must lead once more to get the entry
  // committed (dissertation §4.2.2).
  const bool removal_is_open = log_.voters_index() > log_.commit_index();
  return IsVoter() || (removal_is_open && log_.previous_voters().Contains(options_.self));
}

void RaftCore::TrackPeers() {
  auto& peers = std::get<Leader>(role_).peers;
  // A removed voter stays an observer while it is in session, so that it learns of its removal.
  std::erase_if(peers, [this](const auto& peer) {
    return !log_.voters().Contains(peer.first) && !IsUp(peer.first, StreamClass::kAppend);
  });
  for (const Voter& voter : log_.voters().voters()) {
    if (voter.key != options_.self && peers.count(voter.key) == 0) TrackPeer(voter.key);
  }
  for (const auto& [id, session] : sessions_) {
    if (session.append && peers.count(*session.append) == 0) TrackPeer(*session.append);
  }
}

void RaftCore::TrackPeer(const ReplicaKey& peer) {
  auto& peers = std::get<Leader>(role_).peers;
  FollowerProgress& progress =
      peers
          .try_emplace(peer, log_.last_index() + 1, now_,
                       FollowerProgress::Limits{.max_messages = options_.max_inflight_messages,
                                                .max_bytes = options_.max_inflight_bytes})
          .first->second;
  if (IsUp(peer, StreamClass::kAppend)) progress.OnStreamUp();
}

void RaftCore::ForgetUnlessVoter(const ReplicaKey& peer) {
  if (!log_.voters().Contains(peer)) std::get<Leader>(role_).peers.erase(peer);
}

size_t RaftCore::CountVoters(absl::FunctionRef<bool(const FollowerProgress&)> holds) const {
  size_t count = log_.voters().Contains(options_.self) ? 1 : 0;
  for (const auto& [key, progress] : std::get<Leader>(role_).peers) {
    count += log_.voters().Contains(key) && holds(progress) ? 1 : 0;
  }
  return count;
}

void RaftCore::LeaveIfRemoved() {
  if (IsVoter() || transfer_ || log_.voters_index() > log_.commit_index()) return;
  if (const std::optional<ReplicaKey> target = MostCaughtUpVoter()) {
    BeginTransfer(std::nullopt, *target);
  } else {
    Resign();
  }
}

}  // namespace quorate::raft
