#include "storage/controller_log.h"

#include <optional>
#include <utility>

#include "base/check.h"
#include "storage/data_loss.h"
#include "storage/log_recovery.h"

namespace quorate::storage {
namespace {

// The loops accept no requests from outside.
constexpr size_t kNoExternalTasks = 0;

}  // namespace

ControllerLog::ControllerLog(const DataDirectory& directory, Options options)
    : options_(std::move(options)),
      watermark_(directory.LossWatermarkPath()),
      free_space_(directory.path(), options_.min_free_bytes),
      writer_("log-writer", kNoExternalTasks),
      reader_("log-reader", kNoExternalTasks),
      housekeeper_("log-housekeeper", kNoExternalTasks) {}

absl::StatusOr<std::unique_ptr<ControllerLog>> ControllerLog::Open(DataDirectory* directory,
                                                                   Options options) {
  std::unique_ptr<ControllerLog> log(new ControllerLog(*directory, std::move(options)));
  if (const absl::Status status = log->Recover(directory); !status.ok()) {
    return ExplainLoss(*directory, status);
  }
  log->housekeeper_.Post([log = log.get()] { log->KeepHouse(); });
  return log;
}

absl::Status ControllerLog::Recover(DataDirectory* directory) {
  ASSIGN_OR_RETURN(const std::optional<LogState> watermark, watermark_.Load());
  ASSIGN_OR_RETURN(kv_, RocksDbKv::Open({.path = directory->LogPath(),
                                         .create = !directory->is_formatted(),
                                         .memtable_bytes = options_.memtable_bytes,
                                         .on_fatal = options_.on_fatal}));
  ASSIGN_OR_RETURN(RecoveredLog recovered, RecoverLog(*kv_));
  if (watermark) RETURN_IF_ERROR(CheckAgainstLossWatermark(recovered.state, *watermark));
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
  if (log_) SaveLossWatermark();
}

void ControllerLog::KeepHouse() {
  free_space_.Refresh();
  SaveLossWatermark();
  housekeeper_.PostAt(SystemClock().Now() + options_.housekeeping_interval,
                      [this] { KeepHouse(); });
}

void ControllerLog::SaveLossWatermark() {
  const LogState durable = log_->DurableState();
  if (durable.write_id == saved_write_id_) return;
  if (absl::Status status = watermark_.Store(durable); !status.ok()) {
    options_.on_fatal(status);
    return;
  }
  saved_write_id_ = durable.write_id;
}

}  // namespace quorate::storage
