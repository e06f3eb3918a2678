// Snapshots and the prefix of the log (Raft §7, KIP-630): which entries a snapshot allows the log
// to drop, how a leader sends a snapshot to a follower that needs dropped entries, and how a
// follower installs it.
//
//   leader                                 follower
//   InstallSnapshot, empty ──────────────►   how much of it is here (kWanted, kBusy), or does the
//   log
//                        ◄──────────────   hold everything in it already (kInstalled)?
//   InstallSnapshot at `position` ───────►   stores the piece; verifies and installs a whole
//   snapshot
//                        ◄──────────────   kWanted, the next position … kInstalled: probing goes on
//
// The leader sends one piece at a time, at the position that the follower requests. So a transfer
// continues where it broke off, after a restart of either side and from another leader that has the
// same snapshot.
#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "raft/core/raft_core.h"

namespace quorate::raft {
namespace {

using Answer = InstallSnapshotResponse::State;

}  // namespace

absl::Status RaftCore::CheckRestored(const RestoredLog& restored) {
  const Epoch last_epoch = restored.last_entry ? restored.last_entry->epoch()
                           : restored.start    ? restored.start->id.epoch
                                               : Epoch(0);
  if (restored.hard_state.epoch < last_epoch) {
    return absl::DataLossError(
        absl::StrFormat("the log ends in epoch %d, but the node was in epoch %d",
                        last_epoch.value(), restored.hard_state.epoch.value()));
  }
  if (!restored.start) return absl::OkStatus();
  const SnapshotMeta& start = *restored.start;
  const std::optional<SnapshotMeta>& newest = restored.snapshot;
  if (newest && (newest->last_index > start.last_index || newest == start)) return absl::OkStatus();
  return absl::DataLossError(absl::StrFormat(
      "the log begins at index %d, after offset %d, and %s: the entries before that are lost",
      restored.first_index.value(), start.id.end_offset.value(),
      newest ? absl::StrFormat("the newest snapshot ends at offset %d of epoch %d",
                               newest->id.end_offset.value(), newest->id.epoch.value())
             : "there is no snapshot"));
}

void RaftCore::BeginWithSnapshot() {
  if (!snapshot_) return;
  // The process may have died between receiving and installing it.
  if (snapshot_->last_index > log_.commit_index()) ApplySnapshot(*snapshot_);
  Emit(effect::LoadSnapshot{*snapshot_});
}

void RaftCore::Handle(event::SnapshotSaved event) {
  CHECK_LE(event.meta.last_index, log_.commit_index()) << "a snapshot of what is not committed";
  KeepSnapshot(std::move(event.meta));
}

void RaftCore::KeepSnapshot(SnapshotMeta meta) {
  // A snapshot that is known already is handled again: the start of the process has found it, but
  // has dropped no entries.
  if (snapshot_ && meta.last_index < snapshot_->last_index) return;
  snapshot_ = std::move(meta);
  const LogIndex held = std::min(snapshot_->last_index, FirstKept() - 1);
  const LogIndex upto =
      std::min({held, log_.commit_index(), log_.durable_index(), log_.last_index() - 1});
  if (upto < log_.first_index()) return;
  log_.DropPrefix(upto);
  write_.drop_prefix = upto;
  write_pending_ = true;
}

LogIndex RaftCore::FirstKept() const {
  LogIndex first = snapshot_->last_index + 1 - options_.kept_entries;
  if (const auto* leader = std::get_if<Leader>(&role_)) {
    for (const auto& [id, progress] : leader->peers) {
      if (IsLive(progress)) first = std::min(first, progress.needed_index());
    }
  }
  return std::max(first, log_.FirstWithin(options_.kept_bytes));
}

bool RaftCore::HasWholeSnapshot(LogIndex last_index, Epoch epoch) const {
  return last_index <= log_.commit_index() || log_.EpochAt(last_index) == epoch;
}

bool RaftCore::ApplySnapshot(const SnapshotMeta& meta) {
  // The entries after it stay in the log.
  if (HasWholeSnapshot(meta.last_index, meta.id.epoch)) {
    FollowCommit(meta.last_index);
    return false;
  }
  CHECK(write_.entries.empty() && !write_.truncate_after && !write_.drop_prefix);
  // Its votes were requested with the log that is dropped here.
  if (!std::holds_alternative<Follower>(role_)) {
    BecomeFollower(std::nullopt, RandomElectionDeadline());
  }
  // Redpanda 65068aa37b: the epoch ran backwards when only a snapshot survived.
  if (meta.id.epoch > epoch()) AdoptEpoch(meta.id.epoch);
  writes_.TruncatedAfter(log_.commit_index());
  log_.InstallSnapshot(meta);
  write_.install_snapshot = meta;
  write_pending_ = true;
  return true;
}

// Follower side.

void RaftCore::OnMessage(const ReplicaKey& from, SessionId session, const InstallSnapshot& chunk) {
  InstallSnapshotResponse response{
      .epoch = epoch(), .sequence = chunk.sequence, .id = chunk.id, .state = Answer::kBusy};
  if (chunk.epoch < epoch()) return Emit(effect::Reply{.session = session, .message = response});
  // Every entry takes at least one offset, so no end offset is below its entry's index.
  const bool can_be_from_leader = chunk.id.epoch <= chunk.epoch && chunk.last_index > LogIndex(0) &&
                                  chunk.id.end_offset.value() >= chunk.last_index.value();
  if (!can_be_from_leader || !AcceptLeader(from, chunk.epoch)) return;
  response.epoch = epoch();
  if (HasWholeSnapshot(chunk.last_index, chunk.id.epoch)) {
    return AnswerInstalled(session, response, chunk.last_index);
  }
  if (receiving_chunk_) return Emit(effect::Reply{.session = session, .message = response});
  receiving_chunk_ = true;
  Emit(effect::ReceiveChunk{.session = session, .chunk = chunk});
}

void RaftCore::Handle(event::ChunkReceived event) {
  receiving_chunk_ = false;
  if (!event.received.ok()) return Die(std::move(event.received).status());
  InstallSnapshotResponse response{.epoch = epoch(),
                                   .sequence = event.sequence,
                                   .id = event.id,
                                   .state = Answer::kWanted,
                                   .position = event.received->position};
  if (const std::optional<SnapshotMeta>& complete = event.received->complete) {
    // A leader has everything that is committed, so this cannot happen.
    if (std::holds_alternative<Leader>(role_) &&
        !HasWholeSnapshot(complete->last_index, complete->id.epoch)) {
      return Die(absl::DataLossError(
          absl::StrFormat("this controller leads, but lacks entries up to %d that a snapshot from "
                          "an earlier leader holds: another voter's disk lost entries that it had "
                          "acknowledged",
                          complete->last_index.value())));
    }
    // The log may have grown beyond the snapshot since the piece was requested.
    if (complete->last_index > log_.commit_index() && ApplySnapshot(*complete)) {
      Emit(effect::LoadSnapshot{*complete});
    }
    KeepSnapshot(*complete);
    return AnswerInstalled(event.session, response, complete->last_index);
  }
  Emit(effect::Reply{.session = event.session, .message = response});
}

void RaftCore::AnswerInstalled(SessionId session, InstallSnapshotResponse response,
                               LogIndex last_index) {
  response.state = Answer::kInstalled;
  ReplyAfter(std::max(hard_state_write_, writes_.Covering(last_index)), session, response);
}

// Leader side.

void RaftCore::StartSnapshot(const ReplicaKey& peer, FollowerProgress& progress) {
  CHECK(snapshot_ && snapshot_->last_index + 1 >= log_.first_index());
  progress.BecomeSnapshot(*snapshot_);
  OfferSnapshot(peer, progress);
}

void RaftCore::OfferSnapshot(const ReplicaKey& peer, FollowerProgress& progress) {
  SendChunk(peer, progress, 0, {});
}

void RaftCore::OnSnapshotStreamUp(const ReplicaKey& peer) {
  FollowerProgress* progress = FindProgress(peer);
  if (progress != nullptr && progress->state() == FollowerProgress::State::kSnapshot) {
    OfferSnapshot(peer, *progress);
  }
}

void RaftCore::SendChunk(const ReplicaKey& peer, FollowerProgress& progress, int64_t position,
                         SnapshotPiece piece) {
  if (!IsUp(peer, StreamClass::kSnapshot)) return;
  const SnapshotMeta& snapshot = progress.snapshot();
  const int64_t sequence = progress.OnChunkSent(now_);
  Emit(effect::Send{.to = peer.node_id,
                    .message = InstallSnapshot{.epoch = epoch(),
                                               .sequence = sequence,
                                               .id = snapshot.id,
                                               .last_index = snapshot.last_index,
                                               .position = position,
                                               .total_bytes = piece.total_bytes,
                                               .bytes = std::move(piece.bytes)}});
}

void RaftCore::OnMessage(const ReplicaKey& from, SessionId,
                         const InstallSnapshotResponse& response) {
  const std::optional<ReplicaKey> peer = FindAnswerer(from, StreamClass::kSnapshot);
  if (!peer) return;
  if (response.epoch > epoch()) return OnHigherEpoch(*peer, response.epoch);
  FollowerProgress* progress = FindProgress(*peer);
  if (progress == nullptr || response.epoch < epoch()) return;
  progress->OnContact(log_.last_index(), now_);
  if (!progress->OnChunkAnswered(response.sequence, response.id, now_)) return;
  switch (response.state) {
    case Answer::kInstalled:
      progress->OnSnapshotInstalled(now_);
      return AdvanceCommit();
    case Answer::kWanted:
      // The piece that is being read is sent first, requested or not. The answer to it says where
      // to continue.
      if (progress->reading()) return;
      BeginReadFor(*progress);
      return Emit(effect::ReadChunk{
          .peer = *peer, .epoch = epoch(), .id = response.id, .position = response.position});
    case Answer::kBusy:
      return;  // offered again once the answer is overdue
  }
}

void RaftCore::Handle(event::ChunkRead event) {
  FollowerProgress* progress = EndReadFor(event.peer, event.epoch);
  if (progress == nullptr || progress->state() != FollowerProgress::State::kSnapshot ||
      progress->snapshot().id != event.id) {
    return;
  }
  if (event.piece.ok()) {
    return SendChunk(event.peer, *progress, event.position, *std::move(event.piece));
  }
  // A newer snapshot has replaced it meanwhile.
  if (absl::IsNotFound(event.piece.status()) && snapshot_->id != event.id) {
    return StartSnapshot(event.peer, *progress);
  }
  // The peer named a position where no piece begins. The snapshot is offered again once that is
  // overdue.
  if (absl::IsOutOfRange(event.piece.status())) return;
  Die(absl::DataLossError(absl::StrFormat("the snapshot of offset %d cannot be read at byte %d: %s",
                                          event.id.end_offset.value(), event.position,
                                          event.piece.status().ToString())));
}

void RaftCore::OfferOverdueSnapshots() {
  for (auto& [id, progress] : std::get<Leader>(role_).peers) {
    // Early enough that a peer that is busy with a piece still counts as a working part of the
    // quorum.
    if (progress.ChunkIsOverdue(now_, options_.check_quorum_timeout / 2)) {
      OfferSnapshot(id, progress);
    }
  }
}

}  // namespace quorate::raft
