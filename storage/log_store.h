// The metadata log: raft's DurableLog above a KvStore. It owns no thread: one executor writes, with
// group commit, and another one reads, so that the same code runs on loops in a process and on one
// scheduler in a simulation.
#pragma once

#include <deque>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/function_ref.h"
#include "base/executor.h"
#include "base/mutex.h"
#include "raft/durable_log.h"
#include "storage/entry_reader.h"
#include "storage/fatal.h"
#include "storage/free_space.h"
#include "storage/kv_store.h"
#include "storage/log_appender.h"
#include "storage/log_codec.h"
#include "storage/log_recovery.h"

namespace quorate::storage {

// Writes that are queued while a sync runs share the next one, up to this many bytes of entries; a
// larger single write goes alone.
inline constexpr size_t kMaxBatchBytes = 1 << 20;

class LogStore final : public raft::DurableLog {
 public:
  struct Options {
    // Run the writes and the reads, and the callbacks of each. May be the same one.
    Executor* writer = nullptr;
    Executor* reader = nullptr;
    // Null: there is always enough.
    const FreeSpace* free_space = nullptr;
    FatalHandler on_fatal = DieOnFatal();
  };

  // `kv` is what `recovered` was read from. It, the executors and the free space must outlive the
  // log, which must outlive all that it posted: stop the executors first.
  LogStore(KvStore* kv, const RecoveredLog& recovered, Options options);

  void Write(raft::LogWrite write, absl::AnyInvocable<void(absl::Status) &&> done) override;
  void Read(LogIndex from, LogIndex to, size_t max_bytes, ReadCallback done) override;
  void ReadFromOffset(RecordOffset offset, LogIndex to, size_t max_bytes,
                      ReadCallback done) override;
  bool HasFreeSpace() const override {
    return options_.free_space == nullptr || options_.free_space->IsEnough();
  }

  // What is durable; its write_id counts the syncs. Thread-safe.
  LogState DurableState() const;

 private:
  struct PendingWrite {
    raft::LogWrite write;
    absl::AnyInvocable<void(absl::Status) &&> done;
  };
  // The bounds that readers may look between.
  struct Readable {
    LogIndex first;
    LogIndex last;
    // Grows whenever the log is cut, at either end: a read that overlapped it starts anew.
    uint64_t cuts = 0;
  };
  using Entries = std::vector<raft::EntryPtr>;

  // On the writer.
  void WriteRound();
  std::vector<PendingWrite> TakeRound();
  absl::Status Commit(const std::vector<PendingWrite>& round);
  // Takes from the readers what `write` will cut off.
  void HideFromReaders(const raft::LogWrite& write);

  // On the reader.
  // The result of `read` on bounds that no cut moved meanwhile.
  absl::StatusOr<Entries> ReadConsistently(
      absl::FunctionRef<absl::StatusOr<Entries>(const Readable&)> read) const;
  absl::StatusOr<Entries> ReadBetween(const Readable& readable, LogIndex from, LogIndex to,
                                      size_t max_bytes) const;
  absl::StatusOr<LogIndex> FindOffset(const Readable& readable, RecordOffset offset) const;

  const Options options_;
  const EntryReader entry_reader_;
  LogAppender appender_;  // the writer's
  absl::Status failure_;  // the writer's: once set, nothing is written any more

  mutable Mutex mutex_;
  std::deque<PendingWrite> queue_ ABSL_GUARDED_BY(mutex_);
  // A round is posted or runs.
  bool round_pending_ ABSL_GUARDED_BY(mutex_) = false;
  Readable readable_ ABSL_GUARDED_BY(mutex_);
  LogState durable_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::storage
