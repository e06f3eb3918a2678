#include "raft/testing/memory_durable_log.h"

#include <utility>

namespace quorate::raft {

void MemoryDurableLog::Release() {
  held_ = false;
  for (size_t i = unsynced_.size(); i > 0; --i) SyncOne();
}

void MemoryDurableLog::Crash() {
  disk_.Crash();
  unsynced_.clear();
}

void MemoryDurableLog::Write(LogWrite write, absl::AnyInvocable<void(absl::Status) &&> done) {
  disk_.Write(std::move(write));
  unsynced_.push_back(std::move(done));
  if (held_) return;
  executor_->Post([this] {
    if (!held_ && !unsynced_.empty()) SyncOne();
  });
}

void MemoryDurableLog::SyncOne() {
  auto done = std::move(unsynced_.front());
  unsynced_.pop_front();
  if (failure_.ok()) disk_.SyncOne();
  std::move(done)(failure_);
}

void MemoryDurableLog::Read(LogIndex from, LogIndex to, size_t max_bytes, ReadCallback done) {
  ++reads_;
  std::move(done)(disk_.Read(from, to, max_bytes));
}

void MemoryDurableLog::ReadFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes,
                                      ReadCallback done) {
  LogIndex from = disk_.first_index();
  if (disk_.Find(from) && offset < disk_.Find(from)->header().base_offset) {
    return std::move(done)(absl::OutOfRangeError("no longer in the log"));
  }
  while (from <= disk_.last_index() && disk_.Find(from)->end_offset() <= offset) ++from;
  Read(from, to, max_bytes, std::move(done));
}

}  // namespace quorate::raft
