#include "tests/sim/user.h"

#include <utility>

namespace quorate::sim {

bool User::Append(ClientHistory::Op op, const std::string& value) {
  if (!claimed_ || paused_ || log_->admission() != raft::Admission::kOpen) return false;
  pending_.push_back({.op = op, .offset = next_offset_});
  Propose(raft::EntryType::kRecords, value);
  return true;
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

void User::OnCommitted(const std::vector<raft::EntryPtr>& entries) {
  if (!actor_.alive()) return;
  invariants_.OnDelivered(self_, entries);
  for (const raft::EntryPtr& entry : entries) {
    if (entry->header().type == raft::EntryType::kRecords) {
      hash_ = ExtendHash(hash_, entry->payload());
      ledger_.OnLogged(entry->header().base_offset, entry->payload());
    }
    end_offset_ = entry->end_offset();
    if (!pending_.empty() && pending_.front().offset < end_offset_) {
      ledger_.Acknowledged(pending_.front().op, pending_.front().offset);
      pending_.pop_front();
    }
  }
}

void User::OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
                   const raft::VoterSet& voters) {
  if (!actor_.alive()) return;
  claimed_ = epoch;
  next_offset_ = end_offset;
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
