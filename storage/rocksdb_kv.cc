#include "storage/rocksdb_kv.h"

#include <rocksdb/cache.h>
#include <rocksdb/convenience.h>
#include <rocksdb/db.h>
#include <rocksdb/listener.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/clock.h"

namespace quorate::storage {
namespace {

// RocksDB requires the default family. It stays empty.
constexpr const char* kFamilyNames[] = {"default", "log", "meta"};
constexpr size_t kMetaMemtableBytes = 8 << 20;
constexpr size_t kBlockCacheBytes = 32 << 20;
constexpr uint64_t kMaxWalBytes = 256 << 20;
// The size of a checksum for each key in a batch and in the memtable. RocksDB checks it when it
// copies a key from one to the other.
constexpr uint32_t kProtectionBytes = 8;

rocksdb::Slice ToSlice(std::string_view bytes) { return {bytes.data(), bytes.size()}; }

absl::Status ToStatus(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string message = absl::StrFormat("%s: RocksDB: %s", doing, status.ToString());
  if (status.IsCorruption()) return absl::DataLossError(message);
  if (status.IsNoSpace()) return absl::ResourceExhaustedError(message);
  return absl::InternalError(message);
}

class FailureListener final : public rocksdb::EventListener {
 public:
  explicit FailureListener(FatalHandler on_fatal) : on_fatal_(std::move(on_fatal)) {}

  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    // WriteBatch returns these errors to the writer.
    if (reason == rocksdb::BackgroundErrorReason::kWriteCallback) return;
    on_fatal_(ToStatus(*status, "background work on the log failed"));
  }

  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason /*reason*/, rocksdb::Status /*status*/,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }

  void OnStallConditionsChanged(const rocksdb::WriteStallInfo& info) override {
    if (info.condition.cur == rocksdb::WriteStallCondition::kNormal) return;
    LOG(WARNING) << "RocksDB slows down writes to the log (family " << info.cf_name
                 << "): flushes or compactions do not keep up";
  }

 private:
  const FatalHandler on_fatal_;
};

rocksdb::DBOptions MakeDbOptions(const RocksDbKv::Options& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = options.create;
  db.create_missing_column_families = options.create;
  db.paranoid_checks = true;
  // The default mode silently drops everything after the first damaged record.
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kTolerateCorruptedTailRecords;
  // Never call SyncWAL or FlushWAL(true) with this option: the next open would miss files (RocksDB
  // #10892).
  db.track_and_verify_wals_in_manifest = true;
  // If we flushed the write-ahead log ourselves, a failed write could split the families (RocksDB
  // #12995).
  db.manual_wal_flush = false;
  db.max_total_wal_size = kMaxWalBytes;
  // A full disk is the only error from which RocksDB would recover by itself, but it does so
  // unreliably (#11643).
  db.max_bgerror_resume_count = 0;
  db.listeners.push_back(std::make_shared<FailureListener>(options.on_fatal));
  // Range deletions need every table to be open (rocksdb/db.h, DeleteRange).
  db.max_open_files = -1;
  // One thread writes.
  db.allow_concurrent_memtable_write = false;
  db.enable_write_thread_adaptive_yield = false;
  db.info_log_level = rocksdb::InfoLogLevel::WARN_LEVEL;
  db.keep_log_file_num = 4;
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  return db;
}

rocksdb::ColumnFamilyOptions MakeFamilyOptions(size_t memtable_bytes,
                                               const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = memtable_bytes;
  family.max_write_buffer_number = 4;
  family.memtable_protection_bytes_per_key = kProtectionBytes;
  // A write that waits for a compaction looks like a failed disk.
  family.level0_slowdown_writes_trigger = 200;
  family.level0_stop_writes_trigger = 400;
  family.soft_pending_compaction_bytes_limit = 0;
  family.hard_pending_compaction_bytes_limit = 0;
  family.compression = rocksdb::kNoCompression;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return family;
}

}  // namespace

struct RocksDbKv::Impl {
  std::unique_ptr<rocksdb::DB> db;
  std::vector<rocksdb::ColumnFamilyHandle*> families;  // owned, in the order of kFamilyNames
  rocksdb::WriteBatch batch{/*reserved_bytes=*/0, /*max_bytes=*/0, kProtectionBytes,
                            /*default_cf_ts_sz=*/0};
  KvMetrics metrics;

  rocksdb::ColumnFamilyHandle* FamilyOf(KvFamily family) const {
    return family == KvFamily::kLog ? families[1] : families[2];
  }
};

absl::StatusOr<std::unique_ptr<RocksDbKv>> RocksDbKv::Open(const Options& options) {
  const std::shared_ptr<rocksdb::Cache> cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const char* name : kFamilyNames) {
    const bool is_log = std::string_view(name) == "log";
    families.emplace_back(
        name, MakeFamilyOptions(is_log ? options.memtable_bytes : kMetaMemtableBytes, cache));
  }
  auto impl = std::make_unique<Impl>();
  rocksdb::DB* db = nullptr;
  const rocksdb::DBOptions db_options = MakeDbOptions(options);
  const rocksdb::Status status =
      options.read_only
          ? rocksdb::DB::OpenForReadOnly(db_options, options.path, families, &impl->families, &db)
          : rocksdb::DB::Open(db_options, options.path, families, &impl->families, &db);
  const std::string doing = absl::StrFormat("cannot open the database in %s", options.path);
  // RocksDB returns InvalidArgument if the database, or one of its families, does not exist.
  if (status.IsInvalidArgument() && !options.create) {
    return absl::DataLossError(absl::StrFormat("%s: RocksDB: %s", doing, status.ToString()));
  }
  RETURN_IF_ERROR(ToStatus(status, doing));
  impl->db.reset(db);
  return std::unique_ptr<RocksDbKv>(new RocksDbKv(std::move(impl)));
}

RocksDbKv::RocksDbKv(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

RocksDbKv::~RocksDbKv() {
  for (rocksdb::ColumnFamilyHandle* family : impl_->families) {
    impl_->db->DestroyColumnFamilyHandle(family);
  }
  const rocksdb::Status status = impl_->db->Close();
  LOG_IF(ERROR, !status.ok()) << "cannot close the log: RocksDB: " << status.ToString();
}

absl::Status RocksDbKv::WriteBatch(uint64_t write_id, const std::vector<KvPut>& puts, bool sync) {
  rocksdb::WriteBatch& batch = impl_->batch;
  batch.Clear();
  for (const KvPut& put : puts) {
    const rocksdb::Status status =
        batch.Put(impl_->FamilyOf(put.family), ToSlice(put.key), ToSlice(put.value));
    if (!status.ok()) return ToStatus(status, absl::StrFormat("write %d", write_id));
  }
  rocksdb::WriteOptions options;
  options.sync = sync;
  const SystemClock clock;
  const MonoTime began = clock.Now();
  const rocksdb::Status status = impl_->db->Write(options, &batch);
  // The text is not built for a write that succeeds.
  if (!status.ok()) return ToStatus(status, absl::StrFormat("write %d", write_id));
  if (sync) impl_->metrics.sync_duration.Observe(clock.Now() - began);
  impl_->metrics.written_bytes.Add(batch.GetDataSize());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> RocksDbKv::Get(KvFamily family,
                                                          std::string_view key) const {
  std::string value;
  const rocksdb::Status status =
      impl_->db->Get(rocksdb::ReadOptions(), impl_->FamilyOf(family), ToSlice(key), &value);
  if (status.IsNotFound()) return std::optional<std::string>();
  if (!status.ok()) return absl::DataLossError("RocksDB: " + status.ToString());
  impl_->metrics.reads.Add();
  impl_->metrics.read_bytes.Add(value.size());
  return std::optional(std::move(value));
}

absl::StatusOr<std::vector<std::optional<std::string>>> RocksDbKv::MultiGet(
    KvFamily family, const std::vector<std::string>& keys) const {
  std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> pinned(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  impl_->db->MultiGet(rocksdb::ReadOptions(), impl_->FamilyOf(family), keys.size(), slices.data(),
                      pinned.data(), statuses.data());
  std::vector<std::optional<std::string>> values(keys.size());
  size_t found = 0;
  size_t bytes = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].IsNotFound()) continue;
    if (!statuses[i].ok()) return absl::DataLossError("RocksDB: " + statuses[i].ToString());
    values[i].emplace(pinned[i].data(), pinned[i].size());
    ++found;
    bytes += pinned[i].size();
  }
  impl_->metrics.reads.Add(found);
  impl_->metrics.read_bytes.Add(bytes);
  return values;
}

absl::Status RocksDbKv::DropPrefix(KvFamily family, std::string_view end) {
  rocksdb::ColumnFamilyHandle* handle = impl_->FamilyOf(family);
  // First deletes whole files, which is almost free. Then writes one tombstone for the keys in
  // files that also hold later ones.
  const rocksdb::Slice end_slice = ToSlice(end);
  RETURN_IF_ERROR(ToStatus(rocksdb::DeleteFilesInRange(impl_->db.get(), handle, nullptr, &end_slice,
                                                       /*include_end=*/false),
                           "cannot drop the log's prefix"));
  return ToStatus(
      impl_->db->DeleteRange(rocksdb::WriteOptions(), handle, rocksdb::Slice(), end_slice),
      "cannot drop the log's prefix");
}

const KvMetrics& RocksDbKv::metrics() const { return impl_->metrics; }

uint64_t RocksDbKv::ApproximateBytes() const {
  uint64_t bytes = 0;
  for (const std::string& property :
       {rocksdb::DB::Properties::kTotalSstFilesSize, rocksdb::DB::Properties::kSizeAllMemTables}) {
    uint64_t value = 0;
    if (impl_->db->GetAggregatedIntProperty(property, &value)) bytes += value;
  }
  return bytes;
}

}  // namespace quorate::storage
