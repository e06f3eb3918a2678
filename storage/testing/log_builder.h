// Makes entries that continue one another, for tests of the log.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "raft/api/entry.h"
#include "raft/api/voter_set.h"

namespace quorate::storage {

// Keeps the entries that it made, as the log to which they are appended should hold them.
class LogBuilder {
 public:
  raft::EntryPtr Make(int32_t epoch, std::string_view payload, int32_t record_count = 1) {
    return Add(raft::EntryType::kRecords, epoch, payload, record_count);
  }
  raft::EntryPtr MakeVoters(int32_t epoch, const raft::VoterSet& voters) {
    return Add(raft::EntryType::kVoters, epoch, voters.Encode(), 1);
  }
  // Makes the next entry continue entry `index`, or be the first one if `index` is 0.
  void TruncateAfter(LogIndex index) { entries_.resize(static_cast<size_t>(index.value())); }

  LogIndex last_index() const { return LogIndex(std::ssize(entries_)); }
  RecordOffset end_offset() const {
    return entries_.empty() ? RecordOffset(0) : entries_.back()->end_offset();
  }
  const std::vector<raft::EntryPtr>& entries() const { return entries_; }

 private:
  raft::EntryPtr Add(raft::EntryType type, int32_t epoch, std::string_view payload,
                     int32_t record_count) {
    raft::EntryHeader header{.type = type,
                             .epoch = Epoch(epoch),
                             .index = last_index() + 1,
                             .base_offset = end_offset(),
                             .record_count = record_count,
                             .prev_checksum = entries_.empty() ? 0 : entries_.back()->checksum()};
    entries_.push_back(raft::Entry::Make(std::move(header), payload));
    return entries_.back();
  }

  std::vector<raft::EntryPtr> entries_;
};

}  // namespace quorate::storage
