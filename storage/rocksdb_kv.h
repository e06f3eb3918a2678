// The KvStore on RocksDB. Every setting and pitfall of RocksDB is handled here and nowhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "storage/fatal.h"
#include "storage/kv_store.h"
#include "storage/storage_metrics.h"

namespace quorate::storage {

// Keeps the log in a RocksDB database. Threading is that of KvStore.
class RocksDbKv final : public KvStore {
 public:
  struct Options {
    // The directory of the database.
    std::string path;
    // Creates the database if it does not exist. If false, a missing database is DATA_LOSS.
    bool create = false;
    // Changes nothing, not even to clean up after a crash. A write is an error.
    bool read_only = false;
    // How much is kept in memory before it is written to a table file.
    size_t memtable_bytes = 64 << 20;
    // Called for background failures (flush, compaction), on one of RocksDB's threads. Failed
    // writes are returned instead.
    FatalHandler on_fatal = DieOnFatal();
  };

  // Opens the database. Returns DATA_LOSS if it is damaged or parts of it are missing. A last write
  // that is cut short was in flight when the machine stopped and was never acknowledged, so it is
  // dropped.
  static absl::StatusOr<std::unique_ptr<RocksDbKv>> Open(const Options& options);
  // Closes the database. Writes that were not synced may be lost.
  ~RocksDbKv() override;

  absl::Status WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) override;
  absl::StatusOr<std::optional<std::string>> Get(KvFamily family,
                                                 std::string_view key) const override;
  absl::StatusOr<std::vector<std::optional<std::string>>> MultiGet(
      KvFamily family, const std::vector<std::string>& keys) const override;
  absl::Status DropPrefix(KvFamily family, std::string_view end) override;

  // Any thread may read them.
  const KvMetrics& metrics() const;
  // Returns about how many bytes the database takes, in its tables and in memory. Thread-safe.
  uint64_t ApproximateBytes() const;

 private:
  struct Impl;

  explicit RocksDbKv(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

}  // namespace quorate::storage
