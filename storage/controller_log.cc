#include "storage/controller_log.h"

#include <filesystem>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/log_recovery.h"

namespace quorate::storage {
namespace {

// The loops take no requests from outside.
constexpr size_t kNoExternalTasks = 0;

std::string Join(const std::string& directory, const char* name) {
  return (std::filesystem::path(directory) / name).string();
}

}  // namespace

ControllerLog::ControllerLog(std::string path, Options options)
    : path_(std::move(path)),
      options_(std::move(options)),
      watermark_(Join(path_, "watermark")),
      free_space_(path_, options_.min_free_bytes),
      writer_("log-writer", kNoExternalTasks),
      reader_("log-reader", kNoExternalTasks),
      housekeeper_("log-housekeeper", kNoExternalTasks) {}

absl::StatusOr<std::unique_ptr<ControllerLog>> ControllerLog::Open(DataDirectory* directory,
                                                                   Options options) {
  std::unique_ptr<ControllerLog> log(new ControllerLog(directory->path(), std::move(options)));
  if (absl::Status status = log->Recover(directory); !status.ok()) {
    if (!absl::IsDataLoss(status)) return status;
    return absl::DataLossError(absl::StrFormat(
        "the log in %s has lost what this node may have promised or acknowledged: %s. It must not "
        "take part in the quorum as directory %s any more. If the undamaged files still exist, put "
        "them back (an older copy of the directory is no remedy, it has forgotten votes). If not, "
        "this node needs an empty data directory; that gets a new directory id, and the voter set "
        "does not have it: it can join again only when the voters can be changed, which this "
        "version cannot do yet. The other voters go on as long as they are a majority",
        log->path_, std::string(status.message()), directory->directory_id().ToString()));
  }
  log->housekeeper_.Post([log = log.get()] { log->KeepHouse(); });
  return log;
}

absl::Status ControllerLog::Recover(DataDirectory* directory) {
  ASSIGN_OR_RETURN(const std::optional<LogState> watermark, watermark_.Load());
  ASSIGN_OR_RETURN(kv_, RocksDbKv::Open({.path = Join(path_, "log"),
                                         .create = !directory->is_formatted(),
                                         .memtable_bytes = options_.memtable_bytes,
                                         .on_fatal = options_.on_fatal}));
  ASSIGN_OR_RETURN(RecoveredLog recovered, RecoverLog(*kv_));
  if (watermark) RETURN_IF_ERROR(CheckAgainstWatermark(recovered.state, *watermark));
  if (!directory->is_formatted()) RETURN_IF_ERROR(directory->MarkFormatted());
  log_ = std::make_unique<LogStore>(kv_.get(), recovered,
                                    LogStore::Options{.writer = &writer_,
                                                      .reader = &reader_,
                                                      .free_space = &free_space_,
                                                      .on_fatal = options_.on_fatal});
  saved_write_id_ = watermark ? watermark->write_id : 0;
  restored_ = std::move(recovered.restored);
  return absl::OkStatus();
}

ControllerLog::~ControllerLog() {
  writer_.Stop();
  reader_.Stop();
  housekeeper_.Stop();
  if (log_) SaveWatermark();
}

void ControllerLog::KeepHouse() {
  free_space_.Refresh();
  SaveWatermark();
  housekeeper_.PostAt(SystemClock().Now() + options_.housekeeping_interval,
                      [this] { KeepHouse(); });
}

void ControllerLog::SaveWatermark() {
  const LogState durable = log_->DurableState();
  if (durable.write_id == saved_write_id_) return;
  if (absl::Status status = watermark_.Store(durable); !status.ok()) {
    options_.on_fatal(status);
    return;
  }
  saved_write_id_ = durable.write_id;
}

}  // namespace quorate::storage
