// The metadata log: raft's DurableLog on top of a KvStore. It owns no thread. One executor writes,
// with group commit, and another one reads. So the same code runs on event loops in a process and
// on one scheduler in a simulation.
#pragma once

#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "raft/api/durable_log.h"
#include "storage/entry_reader.h"
#include "storage/fatal.h"
#include "storage/free_space.h"
#include "storage/kv_store.h"
#include "storage/log_appender.h"
#include "storage/log_codec.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

// Writes that are queued while a sync runs share the next one, up to this many bytes of entries. A
// larger single write gets a sync of its own.
inline constexpr size_t kMaxBatchBytes = 1 << 20;

// Stores the log in a KvStore. In each round, the writer makes the queued writes durable with one
// sync. Thread-safe.
class LogStore final : public raft::DurableLog {
 public:
  struct Options {
    // Run the writes and the reads, and the callbacks of each. Both may be the same executor.
    Executor* writer = nullptr;
    Executor* reader = nullptr;
    // If null, there is always enough free space.
    const FreeSpace* free_space = nullptr;
    FatalHandler on_fatal = DieOnFatal();
  };

  // `kv` is the store from which `recovered` was read. `kv`, the executors and the free space must
  // outlive the log. The log must outlive the tasks that it posted: stop the executors first.
  LogStore(KvStore* kv, const RecoveredLog& recovered, Options options);

  void Write(raft::LogWrite write, absl::AnyInvocable<void(absl::Status) &&> done) override;
  void Read(LogIndex from, LogIndex to, size_t max_bytes, ReadCallback done) override;
  void ReadFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes,
                      ReadCallback done) override;
  bool HasFreeSpace() const override {
    return options_.free_space == nullptr || options_.free_space->IsEnough();
  }

  // Returns the state that is durable. Its write_id counts the syncs. Thread-safe.
  LogState DurableState() const;

 private:
  struct PendingWrite {
    raft::LogWrite write;
    absl::AnyInvocable<void(absl::Status) &&> done;
  };
  // The bounds between which readers may read.
  struct Readable {
    LogIndex first;
    LogIndex last;
    // Grows whenever the log is cut at either end. A read that overlapped a cut starts again.
    uint64_t cuts = 0;
  };
  using Entries = std::vector<raft::EntryPtr>;

  // On the writer.
  void WriteRound();
  std::vector<PendingWrite> TakeRound();
  absl::Status Commit(const std::vector<PendingWrite>& round);
  // Removes what `write` will cut off from the bounds of the readers.
  void HideFromReaders(const raft::LogWrite& write);

  // On the reader.
  //
  // Calls `read` again until no cut of the log overlaps the call. Returns the result of that call.
  absl::StatusOr<Entries> ReadConsistently(
      absl::FunctionRef<absl::StatusOr<Entries>(const Readable&)> read) const;
  absl::StatusOr<Entries> ReadBetween(const Readable& readable, LogIndex from, LogIndex to,
                                      size_t max_bytes) const;
  absl::StatusOr<LogIndex> FindOffset(const Readable& readable, RecordOffset offset) const;

  const Options options_;
  const EntryReader entry_reader_;
  LogAppender appender_;  // used only by the writer
  absl::Status failure_;  // used only by the writer; once set, the log is not written again

  mutable Mutex mutex_;
  std::deque<PendingWrite> queue_ ABSL_GUARDED_BY(mutex_);
  // A round is posted or running.
  bool round_pending_ ABSL_GUARDED_BY(mutex_) = false;
  Readable readable_ ABSL_GUARDED_BY(mutex_);
  LogState durable_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::storage
