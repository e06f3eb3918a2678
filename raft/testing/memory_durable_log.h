// The DurableLog port on a MemoryDisk. Writes are durable one turn of the executor later, or when
// the test releases them.
#pragma once

#include <deque>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "raft/api/durable_log.h"
#include "raft/testing/memory_disk.h"

namespace quorate::raft {

class MemoryDurableLog final : public DurableLog {
 public:
  // `executor` outlives the log.
  explicit MemoryDurableLog(Executor* executor) : executor_(executor) {}

  // Holds writes back from now on, until they are released.
  void Hold() { held_ = true; }
  void Release();
  // Every later write fails.
  void FailWrites(absl::Status status) { failure_ = std::move(status); }
  void SetFreeSpace(bool free) { has_free_space_ = free; }
  // The process has died: what is not durable is lost, and no callback is called.
  void Crash();

  const MemoryDisk& disk() const { return disk_; }
  int reads() const { return reads_; }

  void Write(LogWrite write, absl::AnyInvocable<void(absl::Status) &&> done) override;
  void Read(LogIndex from, LogIndex to, size_t max_bytes, ReadCallback done) override;
  void ReadFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes,
                      ReadCallback done) override;
  bool HasFreeSpace() const override { return has_free_space_; }

 private:
  void SyncOne();

  Executor* const executor_;
  MemoryDisk disk_;
  std::deque<absl::AnyInvocable<void(absl::Status) &&>> unsynced_;
  bool held_ = false;
  bool has_free_space_ = true;
  absl::Status failure_;
  int reads_ = 0;
};

}  // namespace quorate::raft
