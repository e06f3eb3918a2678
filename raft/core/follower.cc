// How a node handles the messages of a leader (Raft §5.3).
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {
namespace {

constexpr char kLostDisk[] =
    "do not start this controller again with this data directory: its disk, or another voter's, "
    "lost entries that it had acknowledged";

}  // namespace

void RaftCore::OnMessage(const ReplicaKey& from, SessionId session, const Heartbeat& heartbeat) {
  if (heartbeat.epoch < epoch()) {
    // A refusal confirms no read. The node that sent the heartbeat may lead this later epoch by the
    // time the refusal arrives, and would take the number for one of its own rounds.
    return Emit(
        effect::Reply{.session = session,
                      .message = HeartbeatResponse{.epoch = epoch(), .voters = ShownVoters()}});
  }
  if (!AcceptLeader(from, heartbeat.epoch, heartbeat.voters)) return;
  if (heartbeat.commit_index > log_.last_index()) {
    // The leader never sends a commit index beyond what this node acknowledged in this epoch. This
    // process still has what it acknowledged, so the heartbeat is wrong, unless an earlier process
    // of this node gave the acknowledgement.
    if (epoch() != restored_epoch_) return;
    return Die(absl::DataLossError(absl::StrFormat(
        "leader %d of epoch %d counts on entries up to %d here, but the log ends at %d; %s",
        from.node_id.value(), epoch().value(), heartbeat.commit_index.value(),
        log_.last_index().value(), kLostDisk)));
  }
  FollowCommit(heartbeat.commit_index);
  if (auto* follower = std::get_if<Follower>(&role_);
      follower && !follower->ready_offset && AnswererOn(from.node_id, StreamClass::kControl)) {
    follower->ready_offset = heartbeat.high_watermark;
  }
  ReplyAfter(hard_state_write_, session,
             HeartbeatResponse{.epoch = epoch(), .read_sequence = heartbeat.read_sequence});
}

bool RaftCore::CanBeFromLeader(const AppendRequest& request) {
  LogIndex index = request.prev_index;
  Epoch epoch = request.prev_epoch;
  for (const EntryPtr& entry : request.entries) {
    if (entry->index() != ++index || entry->epoch() < epoch) return false;
    epoch = entry->epoch();
    if (entry->header().type != EntryType::kVoters) continue;
    const absl::StatusOr<VoterSet> voters = VoterSet::Parse(entry->payload());
    if (!voters.ok() || voters->empty()) return false;
  }
  return epoch <= request.epoch;
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId session, const AppendRequest& request) {
  AppendResponse response{.epoch = epoch(), .sequence = request.sequence};
  if (request.epoch < epoch()) {
    return Emit(effect::Reply{.session = session, .message = response});
  }
  if (!CanBeFromLeader(request) || !AcceptLeader(from, request.epoch)) return;
  response.epoch = epoch();

  // Entries below the beginning of this log are in a snapshot. They are committed, so every leader
  // has the same ones.
  const bool matches = log_.IsForgotten(request.prev_index) ||
                       log_.EpochAt(request.prev_index) == request.prev_epoch;
  if (!matches) {
    if (request.prev_index <= log_.commit_index()) {
      return Die(absl::DataLossError(absl::StrFormat(
          "leader %d of epoch %d has epoch %d at index %d, which is committed here with another "
          "epoch; %s",
          from.node_id.value(), epoch().value(), request.prev_epoch.value(),
          request.prev_index.value(), kLostDisk)));
    }
    // The hint. The leader's entries up to prev_index have epochs of at most prev_epoch, so the
    // logs can match only up to the last entry here with such an epoch. The leader skips the
    // entries of its own log in the same way (LastIndexOfEpochAtMost with the hint), so that one
    // rejection passes over whole epochs of either log.
    //
    // Example 1, where the leader skips. Its epoch is 6; its first request is prev_index=9
    // prev_epoch=5.
    //
    //   index     1 2 3 4 5 6 7 8 9 10
    //   leader    1 3 3 3 5 5 5 5 5 6
    //   follower  1 1 1 1 2 2
    //
    // The hint is index 6, epoch 2. The leader has no epoch 2: its last entry at or below index 6
    // with an epoch of at most 2 is index 1. Its next request is prev_index=1, which matches.
    //
    // Example 2, where the follower skips. The first request is prev_index=8 prev_epoch=3.
    //
    //   index     1 2 3 4 5 6 7 8 9
    //   leader    1 3 3 3 3 3 3 3 7
    //   follower  1 3 3 4 4 5 5 5 6
    //
    // The hint is index 3, epoch 3, because the leader cannot have the epochs 4 and 5 at or below
    // index 8. Its next request is prev_index=3, which matches.
    response.hint_index = log_.LastIndexOfEpochAtMost(
        request.prev_epoch, std::min(request.prev_index, log_.last_index()));
    response.hint_epoch = log_.EpochAt(response.hint_index).value_or(Epoch(0));
    return Emit(effect::Reply{.session = session, .message = response});
  }

  if (!AppendFromLeader(from.node_id, request.entries)) return;

  // At most what was sent is acknowledged: the entries after it may be from another leader
  // (Redpanda d0e45c0baf: a stale append was acknowledged with the end of the log).
  const LogIndex match = request.prev_index + static_cast<int64_t>(request.entries.size());
  FollowCommit(std::min(request.commit_index, match));
  response.success = true;
  response.match_index = match;
  if (const EntryPtr entry = log_.Find(match)) response.match_end_offset = entry->end_offset();
  ReplyAfter(std::max(hard_state_write_, writes_.Covering(match)), session, response);
}

bool RaftCore::AppendFromLeader(NodeId leader, const std::vector<EntryPtr>& entries) {
  const auto die = [&](const Entry& entry, const char* what) {
    Die(absl::DataLossError(
        absl::StrFormat("leader %d of epoch %d sent an entry at index %d that %s; %s",
                        leader.value(), epoch().value(), entry.index().value(), what, kLostDisk)));
    return false;
  };
  for (const EntryPtr& entry : entries) {
    const LogIndex index = entry->index();
    if (index < log_.first_index()) continue;  // in a snapshot, so committed
    if (log_.EpochAt(index) == entry->epoch()) {
      // A duplicate. It truncates nothing, because the entries after it may be newer (hashicorp
      // 0f31a01, Redpanda #17731).
      const EntryPtr own = log_.Find(index);
      if (own && own->checksum() != entry->checksum())
        return die(*entry, "differs from the same here");
      continue;
    }
    if (index <= log_.last_index()) {
      if (index <= log_.commit_index()) return die(*entry, "is committed here in another epoch");
      log_.TruncateAfter(index - 1);
      writes_.TruncatedAfter(index - 1);
      write_.truncate_after = index - 1;
    }
    if (!log_.IsContinuedBy(*entry)) return die(*entry, "does not follow the one before it");
    log_.Append(entry);
    write_.entries.push_back(entry);
    write_pending_ = true;
  }
  return true;
}

void RaftCore::FollowCommit(LogIndex commit) {
  if (commit > log_.commit_index()) log_.CommitTo(commit);
}

}  // namespace quorate::raft
