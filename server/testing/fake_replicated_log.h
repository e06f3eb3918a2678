// A fake replicated log for tests of classes that only read it. The test adds the entries, and
// answers ReadIndex calls by hand.
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "base/check.h"
#include "raft/api/replicated_log.h"

namespace quorate::server {

// Not thread-safe: a test may change `entries` only while no thread reads.
class FakeReplicatedLog final : public raft::ReplicatedLog {
 public:
  using IndexDone = absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&>;
  using ReadDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<raft::EntryPtr>>) &&>;

  void ReadIndex(MonoTime /*deadline*/, IndexDone done) override {
    questions.push_back(std::move(done));
  }

  void ReadCommitted(RecordOffset from, size_t max_bytes, ReadDone done) override {
    ++reads;
    std::vector<raft::EntryPtr> result;
    size_t bytes = 0;
    const bool is_compacted = !entries.empty() && from < entries.front()->header().base_offset;
    for (const raft::EntryPtr& entry : entries) {
      if (is_compacted || entry->end_offset() <= from) continue;
      bytes += entry->encoded().size();
      if (bytes > max_bytes && !result.empty()) break;
      result.push_back(entry);
    }
    if (result.empty()) {
      std::move(done)(absl::OutOfRangeError("not in the log"));
    } else {
      std::move(done)(std::move(result));
    }
  }

  void Describe(absl::AnyInvocable<void(raft::QuorumStatus) &&> done) override {
    std::move(done)(status);
  }

  void SnapshotSaved(raft::SnapshotMeta snapshot) override { saved.push_back(std::move(snapshot)); }

  // Only the controller calls these.
  void Propose(raft::Proposal /*proposal*/) override { LOG(FATAL) << "not for readers"; }
  raft::Admission admission() const override { return raft::Admission::kOpen; }
  bool is_idle() const override { return true; }
  void TransferLeadership(std::optional<NodeId> /*target*/,
                          absl::AnyInvocable<void(absl::Status) &&> /*done*/) override {
    LOG(FATAL) << "not for readers";
  }
  void ConfirmPause(Epoch /*epoch*/) override { LOG(FATAL) << "not for readers"; }

  std::vector<raft::EntryPtr> entries;
  raft::QuorumStatus status;
  std::deque<IndexDone> questions;
  std::vector<raft::SnapshotMeta> saved;
  int reads = 0;
};

// Returns entry `i` of a log whose entries take two offsets each: it covers [2i, 2i + 2).
inline raft::EntryPtr MakeTestEntry(int i, int32_t epoch = 1, size_t payload_bytes = 10) {
  raft::EntryHeader header;
  header.epoch = Epoch(epoch);
  header.index = LogIndex(i + 1);
  header.base_offset = RecordOffset(2 * i);
  header.record_count = 2;
  header.append_time_ms = 1000 + i;
  return raft::Entry::Make(header, std::string(payload_bytes, 'x'));
}

}  // namespace quorate::server
