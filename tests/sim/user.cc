#include "tests/sim/user.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace quorate::sim {

bool User::Append(ClientHistory::Op op, const std::string& value) {
  if (!claimed_ || paused_ || log_->admission() != raft::Admission::kOpen) return false;
  pending_.push_back({.op = op, .offset = next_offset_});
  Propose(raft::EntryType::kRecords, value);
  return true;
}

void User::ChangeVoters(const controller::VoterChange& change, std::function<void()> done) {
  if (!MayChangeVoters()) return;
  log_->Describe([this, change, done = std::move(done)](const raft::QuorumStatus& status) {
    if (actor_.alive() && MayChangeVoters() && status.epoch == *claimed_) {
      DecideVoters(change, status, done);
    }
  });
}

void User::DecideVoters(const controller::VoterChange& change, const raft::QuorumStatus& status,
                        const std::function<void()>& done) {
  const auto decided = controller::DecideVoterChange(change, end_->voters, status);
  const auto* next = std::get_if<raft::VoterSet>(&decided);
  if (next == nullptr) return;
  if (*next == end_->voters) return done();
  // The operator knows of disks that the controllers take for sound.
  if (!surroundings_.electorate->CanGovern(*next)) return;
  surroundings_.invariants->OnVotersDecided(self_, clock_.Now(), *next);
  surroundings_.electorate->OnProposed(*claimed_, *next);
  changing_voters_ = true;
  Propose(raft::EntryType::kVoters, next->Encode());
}

void User::Propose(raft::EntryType type, std::string payload) {
  log_->Propose({.expected_epoch = *claimed_,
                 .expected_base_offset = next_offset_,
                 .type = type,
                 .payload = std::move(payload)});
  next_offset_ += 1;
}

void User::Read(ClientHistory::Op op, MonoTime deadline) {
  log_->ReadIndex(deadline, [this, op](const absl::StatusOr<RecordOffset>& read) {
    if (read.ok() && actor_.alive()) ledger_.Returned(op, end_offset_, hash_);
  });
}

void User::OnSnapshot(const raft::SnapshotMeta& snapshot) {
  if (!actor_.alive()) return;
  const absl::StatusOr<uint64_t> hash = snapshots_.Load(snapshot.id);
  end_offset_ = snapshot.id.end_offset;
  end_ = snapshot;
  if (!hash.ok() || *hash != ledger_.HashAt(end_offset_)) {
    return surroundings_.fail(
        absl::StrFormat("controller %d loads a snapshot that is not the state at offset %d: %s",
                        self_.node_id.value(), end_offset_.value(), hash.status().ToString()));
  }
  hash_ = *hash;
}

void User::OnCommitted(const std::vector<raft::EntryPtr>& entries) {
  if (!actor_.alive()) return;
  surroundings_.invariants->OnDelivered(self_, entries);
  for (const raft::EntryPtr& entry : entries) {
    if (entry->header().type == raft::EntryType::kRecords) {
      hash_ = ExtendHash(hash_, entry->payload());
      ledger_.OnLogged(entry->header().base_offset, entry->payload());
    }
    end_offset_ = entry->end_offset();
    Track(*entry);
    if (!pending_.empty() && pending_.front().offset < end_offset_) {
      ledger_.Acknowledged(pending_.front().op, pending_.front().offset);
      pending_.pop_front();
    }
  }
  const uint64_t every = surroundings_.swarm->snapshot_every;
  if (every > 0 && surroundings_.rng->Below(every) == 0) SaveSnapshot();
}

void User::Track(const raft::Entry& entry) {
  LogIndex voters_index = end_ ? end_->voters_index : LogIndex(0);
  raft::VoterSet voters = end_ ? end_->voters : raft::VoterSet();
  if (entry.header().type == raft::EntryType::kVoters) {
    changing_voters_ = false;
    voters_index = entry.index();
    voters = *raft::VoterSet::Parse(entry.payload());
    surroundings_.electorate->OnCommitted(entry.index(), entry.epoch(), voters);
  }
  end_ = raft::SnapshotMeta::After(entry, voters_index, std::move(voters));
}

void User::SaveSnapshot() {
  if (saving_) return;
  saving_ = true;
  snapshots_.Save(*end_, hash_, [this, meta = *end_] {
    saving_ = false;
    log_->SnapshotSaved(meta);
  });
}

void User::OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
                   const raft::VoterSet& voters) {
  if (!actor_.alive()) return;
  claimed_ = epoch;
  next_offset_ = end_offset;
  changing_voters_ = !has_voters;
  if (!has_voters) Propose(raft::EntryType::kVoters, voters.Encode());
}

void User::OnRenounce(Epoch) {
  // What became of them nobody can say.
  pending_.clear();
  claimed_.reset();
  paused_ = false;
}

void User::OnPause(Epoch epoch) {
  paused_ = true;
  log_->ConfirmPause(epoch);
}

}  // namespace quorate::sim
