// A controller's log as a real process has it: LogStore on RocksDB in a data directory, with its
// threads, its watermark file and its measurement of the free space. A simulation assembles the
// parts in its own way.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/event_loop.h"
#include "raft/api/durable_log.h"
#include "storage/data_directory.h"
#include "storage/fatal.h"
#include "storage/free_space.h"
#include "storage/log_store.h"
#include "storage/loss_watermark.h"
#include "storage/rocksdb_kv.h"

namespace quorate::storage {

// Owns the log of a controller and the threads that serve it.
class ControllerLog {
 public:
  struct Options {
    // If less space than this is free, nothing new is accepted. The default holds what RocksDB may
    // write at once: a memtable to flush, its write-ahead logs, a compaction.
    uint64_t min_free_bytes = 512 << 20;
    // How often the watermark is saved, if it has changed, and the free space is measured.
    Duration housekeeping_interval = std::chrono::seconds(1);
    size_t memtable_bytes = 64 << 20;
    FatalHandler on_fatal = DieOnFatal();
  };

  // Opens the log, or creates it in a directory that is not formatted yet. Returns DATA_LOSS if the
  // log has lost something. This node must then not vote, stand for election or acknowledge under
  // its directory id; the message says what is lost and what the operator can do. `directory` must
  // outlive the log.
  static absl::StatusOr<std::unique_ptr<ControllerLog>> Open(DataDirectory* directory,
                                                             Options options);
  // Saves the watermark and closes the log. A write that was not acknowledged by then may be lost.
  // No thread may call the log any longer.
  ~ControllerLog();

  raft::DurableLog* log() { return log_.get(); }
  // Returns what the log held when it was opened. Moves it out: call once.
  raft::RestoredLog TakeRestored() { return std::move(restored_); }
  const FreeSpace& free_space() const { return free_space_; }
  // Returns the state that is durable. Its write_id counts the syncs in the life of the directory.
  // Thread-safe.
  LogState DurableState() const { return log_->DurableState(); }
  // Thread-safe, both.
  const KvMetrics& metrics() const { return kv_->metrics(); }
  uint64_t ApproximateBytes() const { return kv_->ApproximateBytes(); }

 private:
  ControllerLog(const DataDirectory& directory, Options options);

  absl::Status Recover(DataDirectory* directory);
  void KeepHouse();
  void SaveLossWatermark();

  const Options options_;
  LossWatermarkFile watermark_;
  uint64_t saved_write_id_ = 0;
  FreeSpace free_space_;
  raft::RestoredLog restored_;
  std::unique_ptr<RocksDbKv> kv_;
  EventLoop writer_;
  EventLoop reader_;
  // Separate from the other loops, so that a sync of the watermark delays neither writes nor reads.
  EventLoop housekeeper_;
  std::unique_ptr<LogStore> log_;
};

}  // namespace quorate::storage
