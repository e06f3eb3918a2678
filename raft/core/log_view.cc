#include "raft/core/log_view.h"

#include <algorithm>

#include "base/check.h"

namespace quorate::raft {

LogView::LogView(const RestoredLog& restored, size_t cache_bytes)
    : cache_limit_bytes_(cache_bytes),
      first_index_(restored.first_index),
      last_index_(restored.last_index),
      durable_index_(restored.last_index),
      commit_index_(restored.first_index - 1),
      founding_voters_(restored.founding_voters.value_or(VoterSet())),
      cache_first_(restored.last_index + 1),
      first_counted_(restored.last_index + 1) {
  CHECK_EQ(restored.has_entries(), restored.last_entry != nullptr);
  CHECK_EQ(restored.has_entries(), !restored.epoch_starts.empty());
  if (restored.start) {
    CHECK_EQ(restored.start->last_index + 1, first_index_);
    BeginAfter(*restored.start);
  } else {
    CHECK_EQ(first_index_, LogIndex(1));
  }
  for (const auto& epoch_start : restored.epoch_starts) {
    if (epoch_start.first > epoch_starts_.back().first) epoch_starts_.push_back(epoch_start);
  }
  for (const auto& [index, voters] : restored.voter_sets) AddVoters(index, voters);
  if (!restored.has_entries()) return;
  end_ = LogEnd::Of(*restored.last_entry);
  CHECK_EQ(end_->index, last_index_);
  CHECK_EQ(end_->epoch, epoch_starts_.back().first);
  cache_first_ = last_index_;
  cache_.push_back(restored.last_entry);
  cache_bytes_ = restored.last_entry->encoded().size();
}

void LogView::BeginAfter(const SnapshotMeta& snapshot) {
  end_ = LogEnd::Of(snapshot);
  commit_end_offset_ = snapshot.id.end_offset;
  epoch_starts_ = {{snapshot.id.epoch, snapshot.last_index}};
  voter_sets_.clear();
  if (snapshot.voters_index > LogIndex(0)) AddVoters(snapshot.voters_index, snapshot.voters);
}

void LogView::AddVoters(LogIndex index, VoterSet voters) {
  for (const Voter& voter : voters.voters()) named_.insert(voter.key);
  voter_sets_.emplace_back(index, std::move(voters));
}

std::optional<Epoch> LogView::EpochAt(LogIndex index) const {
  if (index < first_index_ - 1 || index > last_index_) return std::nullopt;
  const auto after = std::upper_bound(
      epoch_starts_.begin(), epoch_starts_.end(), index,
      [](LogIndex value, const auto& epoch_start) { return value < epoch_start.second; });
  return std::prev(after)->first;
}

LogIndex LogView::LastIndexOfEpochAtMost(Epoch epoch, LogIndex limit) const {
  const auto after = std::upper_bound(
      epoch_starts_.begin(), epoch_starts_.end(), epoch,
      [](Epoch value, const auto& epoch_start) { return value < epoch_start.first; });
  const LogIndex last = after == epoch_starts_.end() ? last_index_ : after->second - 1;
  return std::min(std::max(last, first_index_ - 1), limit);
}

const VoterSet& LogView::voters() const {
  return voter_sets_.empty() ? founding_voters_ : voter_sets_.back().second;
}

const VoterSet& LogView::previous_voters() const {
  return voter_sets_.size() < 2 ? founding_voters_ : std::prev(voter_sets_.end(), 2)->second;
}

bool LogView::IsContinuedBy(const Entry& entry) const {
  if (entry.index() != last_index_ + 1 || entry.epoch() < epoch_starts_.back().first) return false;
  return !end_ || (entry.header().base_offset == end_->offset &&
                   entry.header().prev_checksum == end_->checksum);
}

void LogView::Append(EntryPtr entry) {
  CHECK_EQ(entry->index(), last_index_ + 1);
  if (end_) {
    CHECK_GE(entry->epoch(), end_->epoch);
    CHECK_EQ(entry->header().base_offset, end_->offset);
  }
  if (epoch_starts_.back().first != entry->epoch()) {
    epoch_starts_.emplace_back(entry->epoch(), entry->index());
  }
  if (entry->header().type == EntryType::kVoters) {
    absl::StatusOr<VoterSet> voters = VoterSet::Parse(entry->payload());
    CHECK(voters.ok()) << "Voters entry " << entry->index() << ": " << voters.status();
    AddVoters(entry->index(), *std::move(voters));
  }
  last_index_ = entry->index();
  bytes_.Append(entry->index(), entry->encoded().size());
  cache_bytes_ += entry->encoded().size();
  uncommitted_bytes_ += entry->encoded().size();
  end_ = LogEnd::Of(*entry);
  cache_.push_back(std::move(entry));
  EvictBeyondLimit();
}

void LogView::TruncateAfter(LogIndex index) {
  CHECK_GE(index, commit_index_);
  CHECK_LT(index, last_index_);
  while (!cache_.empty() && cache_.back()->index() > index) {
    const size_t bytes = cache_.back()->encoded().size();
    cache_bytes_ -= bytes;
    if (cache_.back()->index() >= first_counted_) uncommitted_bytes_ -= bytes;
    cache_.pop_back();
  }
  bytes_.TruncateAfter(index);
  first_counted_ = std::min(first_counted_, index + 1);
  if (cache_.empty()) cache_first_ = index + 1;
  while (epoch_starts_.back().second > index) epoch_starts_.pop_back();
  while (!voter_sets_.empty() && voter_sets_.back().first > index) voter_sets_.pop_back();
  last_index_ = index;
  durable_index_ = std::min(durable_index_, index);
  const EntryPtr last = Find(index);
  end_ = last ? std::optional(LogEnd::Of(*last)) : std::nullopt;
}

void LogView::SetDurable(LogIndex index) {
  CHECK_LE(index, last_index_);
  CHECK_GE(index, durable_index_);
  durable_index_ = index;
  EvictBeyondLimit();
}

void LogView::CommitTo(LogIndex index) {
  CHECK_GE(index, commit_index_);
  CHECK_LE(index, last_index_);
  for (LogIndex i = std::max(commit_index_ + 1, first_counted_); i <= index; ++i) {
    uncommitted_bytes_ -= At(i)->encoded().size();
  }
  if (index > commit_index_) {
    const EntryPtr entry = Find(index);
    commit_end_offset_ = entry ? std::optional(entry->end_offset()) : std::nullopt;
  }
  commit_index_ = index;
  EvictBeyondLimit();
}

void LogView::DropPrefix(LogIndex index) {
  CHECK_LE(index, std::min(commit_index_, durable_index_));
  CHECK_LT(index, last_index_);
  if (index < first_index_) return;
  first_index_ = index + 1;
  bytes_.DropBefore(first_index_);
  while (cache_first_ < first_index_) EvictFront();
  const auto reaches = [index](LogIndex next_start) { return next_start <= index; };
  while (epoch_starts_.size() > 1 && reaches(epoch_starts_[1].second)) {
    epoch_starts_.erase(epoch_starts_.begin());
  }
  while (voter_sets_.size() > 1 && reaches(voter_sets_[1].first)) {
    voter_sets_.erase(voter_sets_.begin());
  }
}

void LogView::InstallSnapshot(const SnapshotMeta& snapshot) {
  CHECK_GT(snapshot.last_index, commit_index_);
  durable_index_ = std::min(durable_index_, commit_index_);
  BeginAfter(snapshot);
  last_index_ = commit_index_ = snapshot.last_index;
  first_index_ = cache_first_ = first_counted_ = snapshot.last_index + 1;
  cache_.clear();
  cache_bytes_ = 0;
  bytes_ = LogBytes();
  uncommitted_bytes_ = 0;
}

std::vector<EntryPtr> LogView::Slice(LogIndex from, LogIndex to, size_t max_bytes) const {
  std::vector<EntryPtr> entries;
  if (from < cache_first_) return entries;
  size_t bytes = 0;
  for (LogIndex i = from; i <= std::min(to, last_index_); ++i) {
    const EntryPtr& entry = At(i);
    bytes += entry->encoded().size();
    if (!entries.empty() && bytes > max_bytes) break;
    entries.push_back(entry);
  }
  return entries;
}

std::vector<EntryPtr> LogView::SliceFromOffset(RecordOffset offset, LogIndex to,
                                               size_t max_bytes) const {
  if (cache_.empty() || offset < cache_.front()->header().base_offset) return {};
  const auto first =
      std::partition_point(cache_.begin(), cache_.end(),
                           [offset](const EntryPtr& e) { return e->end_offset() <= offset; });
  if (first == cache_.end()) return {};
  return Slice((*first)->index(), to, max_bytes);
}

EntryPtr LogView::Find(LogIndex index) const {
  if (index < cache_first_ || index > last_index_) return nullptr;
  return At(index);
}

void LogView::EvictBeyondLimit() {
  // The last entry stays, however large it is: the next one builds on it, and peers check against
  // it.
  while (cache_bytes_ > cache_limit_bytes_ && cache_.size() > 1 &&
         cache_first_ <= std::min(durable_index_, commit_index_)) {
    EvictFront();
  }
}

void LogView::EvictFront() {
  cache_bytes_ -= cache_.front()->encoded().size();
  cache_.pop_front();
  ++cache_first_;
}

}  // namespace quorate::raft
