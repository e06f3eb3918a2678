// The work of a leader: append, send, count, commit (Raft §5.3, §5.4.2).
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {

void RaftCore::BecomeLeader() {
  std::string cause = HowElected();
  role_ = Leader{};
  stood_at_.reset();
  leader_of_epoch_ = options_.self;
  death_watch_.reset();
  TrackPeers();
  auto& leader = std::get<Leader>(role_);
  for (const Token token : local_reads_.TakeWaiting()) {
    leader.reads.Add({.token = token, .session = 0});
  }
  // The barrier. Entries of earlier epochs are committed only through it, and until it is committed
  // this node does not know which of them are (Raft §5.4.2, §8).
  AppendAsLeader({.type = EntryType::kBarrier, .cause = std::move(cause)}, "");
  leader.barrier = log_.last_index();
  leader.barrier_end = log_.end_offset();
  leader.next_heartbeat = now_ + options_.heartbeat_interval;
  SendHeartbeats();
}

void RaftCore::Handle(event::Propose event) {
  for (Proposal& proposal : event.proposals) {
    // Leadership was lost meanwhile, and perhaps won again. The proposer has been notified of that.
    const bool stale = proposal.expected_epoch != epoch();
    if (!std::holds_alternative<Leader>(role_) || stale) continue;
    CHECK_EQ(proposal.expected_base_offset, log_.end_offset())
        << "one proposer for each epoch, and it counts the offsets";
    const bool changes_voters = proposal.type == EntryType::kVoters;
    if (changes_voters) CHECK_OK(CheckVoterChange(VoterSet::Parse(proposal.payload).value()));
    AppendAsLeader({.type = proposal.type,
                    .record_count = proposal.record_count,
                    .principal = std::move(proposal.principal),
                    .cause = std::move(proposal.cause),
                    .request_id = proposal.request_id},
                   proposal.payload);
    if (changes_voters) {
      TrackPeers();
      // The round may have waited only for a voter that is removed now.
      FinishReadRound();
    }
  }
}

void RaftCore::AppendAsLeader(EntryHeader header, std::string_view payload) {
  const LogEnd& end = log_.end();
  header.epoch = epoch();
  header.index = end.index + 1;
  header.base_offset = end.offset;
  header.append_time_ms = std::max(end.append_time_ms, wall_ms_);
  header.prev_checksum = end.checksum;
  EntryPtr entry = Entry::Make(std::move(header), payload);
  write_.entries.push_back(entry);
  write_pending_ = true;
  log_.Append(std::move(entry));
}

void RaftCore::Replicate() {
  for (auto& [key, progress] : std::get<Leader>(role_).peers) ReplicateTo(key, progress);
}

void RaftCore::ReplicateTo(const ReplicaKey& peer, FollowerProgress& progress) {
  if (!IsUp(peer, StreamClass::kAppend)) return;
  while (progress.CanSend()) {
    const LogIndex next = progress.next_index();
    if (next < log_.first_index()) return StartSnapshot(peer, progress);
    if (next <= log_.last_index()) {
      if (next < log_.cache_first()) {
        BeginReadFor(progress);
        return Emit(effect::ReadEntries{.peer = peer,
                                        .epoch = epoch(),
                                        .from = next,
                                        .to = log_.cache_first() - 1,
                                        .max_bytes = options_.max_append_bytes});
      }
      SendEntries(peer, progress, log_.Slice(next, log_.last_index(), options_.max_append_bytes));
    } else if (progress.state() == FollowerProgress::State::kProbe ||
               CommitMessageDueAt(progress) <= now_) {
      // No entries are due that would carry it: this is a probe, or reports a new high watermark.
      SendEntries(peer, progress, {});
    } else {
      return;
    }
  }
}

void RaftCore::BeginReadFor(FollowerProgress& progress) {
  progress.OnReadStarted();
  disk_.OnPeerReadStarted(now_);
}

FollowerProgress* RaftCore::EndReadFor(const ReplicaKey& peer, Epoch asked_in) {
  disk_.OnPeerReadDone(now_);
  if (asked_in != epoch()) return nullptr;
  FollowerProgress* progress = FindProgress(peer);
  if (progress != nullptr) progress->OnReadDone();
  return progress;
}

void RaftCore::SendEntries(const ReplicaKey& peer, FollowerProgress& progress,
                           std::vector<EntryPtr> entries) {
  const LogIndex next = progress.next_index();
  const std::optional<Epoch> prev_epoch = log_.EpochAt(next - 1);
  CHECK(prev_epoch.has_value()) << "epoch of " << next - 1 << " is not known";
  size_t bytes = 0;
  LogIndex last = next - 1;
  for (const EntryPtr& entry : entries) {
    CHECK_EQ(entry->index(), ++last);  // LogCabin #160: a batch had a gap
    bytes += entry->encoded().size();
  }
  const int64_t sequence = progress.OnSent(last, bytes, now_);
  Emit(effect::Send{.to = peer.node_id,
                    .message = AppendRequest{.epoch = epoch(),
                                             .sequence = sequence,
                                             .prev_index = next - 1,
                                             .prev_epoch = *prev_epoch,
                                             .commit_index = log_.commit_index(),
                                             .entries = std::move(entries)}});
}

void RaftCore::Handle(event::EntriesRead event) {
  FollowerProgress* progress = EndReadFor(event.peer, event.epoch);
  if (progress == nullptr) return;
  // The log dropped them while the disk was reading.
  if (event.from < log_.first_index()) return;
  // An unreadable log is neither skipped nor guessed at (openraft #1795: the guess became a bogus
  // request).
  if (!event.entries.ok()) {
    return Die(absl::DataLossError(absl::StrFormat("the log cannot be read at index %d: %s",
                                                   event.from.value(),
                                                   event.entries.status().ToString())));
  }
  for (const EntryPtr& entry : *event.entries) {
    if (log_.EpochAt(entry->index()) != entry->epoch()) {
      return Die(absl::DataLossError(
          absl::StrFormat("the log on disk has epoch %d at index %d, but another was written",
                          entry->epoch().value(), entry->index().value())));
    }
  }
  // The position may have moved during the read. In that case the end of this step asks again.
  if (event.from != progress->next_index() || !progress->CanSend()) return;
  if (!IsUp(event.peer, StreamClass::kAppend)) return;
  SendEntries(event.peer, *progress, *std::move(event.entries));
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId, const AppendResponse& response) {
  const std::optional<ReplicaKey> peer = FindAnswerer(from, StreamClass::kAppend);
  if (!peer) return;
  // In this way a node that cannot win an election can unseat the leader too. Otherwise it would be
  // stuck in its higher epoch forever.
  if (response.epoch > epoch()) return OnHigherEpoch(*peer, response.epoch);
  FollowerProgress* progress = FindProgress(*peer);
  if (progress == nullptr || response.epoch < epoch()) return;
  if (response.success) {
    // No peer can match entries that this log does not have.
    if (response.match_index > log_.last_index()) return;
    const EntryPtr entry = log_.Find(response.match_index);
    progress->OnSuccess(response.sequence, response.match_index,
                        entry ? entry->end_offset() : response.match_end_offset, now_);
    AdvanceCommit();
  } else {
    // One answer skips a whole epoch of the peer's log that this log does not have (see
    // follower.cc).
    progress->OnReject(response.sequence,
                       log_.LastIndexOfEpochAtMost(response.hint_epoch, response.hint_index) + 1,
                       now_);
  }
  progress->OnContact(log_.last_index(), now_);
}

void RaftCore::AdvanceCommit() {
  auto& leader = std::get<Leader>(role_);
  std::vector<LogIndex> match;
  for (const Voter& voter : log_.voters().voters()) {
    // The leader is one voter among others, and counts itself only for what is durable (etcd
    // #14370).
    match.push_back(voter.key == options_.self ? log_.durable_index()
                                               : leader.peers.at(voter.key).match_index());
  }
  const LogIndex majority = VoterSet::MajorityIndex(std::move(match));
  // Entries of earlier epochs are not committed by counting (Raft §5.4.2, figure 8).
  if (majority <= log_.commit_index() || log_.EpochAt(majority) != epoch()) return;
  log_.CommitTo(majority);
  for (auto& [key, progress] : leader.peers) progress.OnCommit(now_);
}

MonoTime RaftCore::CommitMessageDueAt(const FollowerProgress& progress) const {
  return progress.commit_unsent_since() ? *progress.commit_unsent_since() + options_.commit_linger
                                        : kNever;
}

void RaftCore::SendHeartbeats() {
  for (const auto& [key, progress] : std::get<Leader>(role_).peers) SendHeartbeat(key, progress);
}

void RaftCore::SendHeartbeat(const ReplicaKey& peer, const FollowerProgress& progress) {
  if (!IsUp(peer, StreamClass::kControl)) return;
  const auto& leader = std::get<Leader>(role_);
  // Until the barrier is committed, this node does not know the true high watermark, except that it
  // is not above the barrier.
  const RecordOffset high_watermark =
      log_.commit_index() < leader.barrier ? leader.barrier_end : log_.commit_end_offset().value();
  const LogIndex commit = std::min(log_.commit_index(), progress.match_index());
  const bool may_lack_voters = progress.match_index() < log_.voters_index();
  Emit(
      effect::Send{.to = peer.node_id,
                   .message = Heartbeat{.epoch = epoch(),
                                        .commit_index = commit,
                                        .read_sequence = leader.reads.sequence(),
                                        .high_watermark = high_watermark,
                                        .voters = may_lack_voters ? ShownVoters() : std::nullopt}});
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId, const HeartbeatResponse& response) {
  const std::optional<ReplicaKey> peer = FindAnswerer(from, StreamClass::kControl);
  if (!peer) return;
  if (response.epoch > epoch()) return OnHigherEpoch(*peer, response.epoch, response.voters);
  FollowerProgress* progress = FindProgress(*peer);
  if (progress == nullptr || response.epoch < epoch()) return;
  progress->OnContact(log_.last_index(), now_);
  // No answer can confirm a round that has not begun.
  const int64_t begun = std::get<Leader>(role_).reads.sequence();
  if (response.read_sequence <= begun) progress->ConfirmRead(response.read_sequence);
  FinishReadRound();
}

bool RaftCore::QuorumIsLive() const {
  const size_t live =
      CountVoters([this](const FollowerProgress& progress) { return IsLive(progress); });
  return live >= log_.voters().Majority();
}

void RaftCore::EndIfDiskStaysStalled() {
  if (!disk_.HasFailed(now_, writes_.OldestIssue())) return;
  Die(absl::UnavailableError(absl::StrFormat(
      "the disk has finished no write and no read for %d s: check it (dmesg, SMART). "
      "After a restart this controller continues with what is on it",
      std::chrono::duration_cast<std::chrono::seconds>(options_.disk_exit_timeout).count())));
}

FollowerProgress* RaftCore::FindProgress(const ReplicaKey& peer) {
  auto* leader = std::get_if<Leader>(&role_);
  if (leader == nullptr) return nullptr;
  const auto it = leader->peers.find(peer);
  return it == leader->peers.end() ? nullptr : &it->second;
}

FollowerProgress* RaftCore::FindProgress(NodeId peer, StreamClass stream) {
  const std::optional<ReplicaKey> key = AnswererOn(peer, stream);
  return key ? FindProgress(*key) : nullptr;
}

}  // namespace quorate::raft
