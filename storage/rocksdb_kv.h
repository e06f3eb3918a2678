// The log's port on RocksDB: every setting and trap of it in one place, and nowhere else.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "storage/fatal.h"
#include "storage/kv_store.h"

namespace quorate::storage {

class RocksDbKv final : public KvStore {
 public:
  struct Options {
    // The database's own directory.
    std::string path;
    // Make the database if it is not there. Without, that it is missing is DATA_LOSS.
    bool create = false;
    // Change nothing, not even to bring order into what a crash left; a write is an error.
    bool read_only = false;
    // What is kept in memory before it goes into a table file.
    size_t memtable_bytes = 64 << 20;
    // Told of background failures (flush, compaction), on one of RocksDB's threads. Failed writes
    // are returned instead.
    FatalHandler on_fatal = DieOnFatal();
  };

  // DATA_LOSS: damaged, or parts of it are missing. A last write that is cut short was in flight
  // when the machine stopped, was never acknowledged, and is dropped.
  static absl::StatusOr<std::unique_ptr<RocksDbKv>> Open(const Options& options);
  // Closes; writes that were not synced may be lost.
  ~RocksDbKv() override;

  absl::Status WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) override;
  absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                 std::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      KvFamily family, const std::vector<std::string>& keys) const override;
  absl::Status DropPrefix(KvFamily family, std::string_view end) override;

 private:
  struct Impl;

  explicit RocksDbKv(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::storage
