#include "storage/loss_watermark.h"

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "storage/file_io.h"

namespace quorate::storage {

absl::Status CheckAgainstLossWatermark(const LogState& found, const LogState& watermark) {
  if (found.write_id < watermark.write_id) {
    return absl::DataLossError(absl::StrFormat(
        "the log ends with write %d (epoch %d, last entry %d), but write %d (epoch "
        "%d, last entry %d) was durable",
        found.write_id, found.hard_state.epoch.value(), found.last_index.value(),
        watermark.write_id, watermark.hard_state.epoch.value(), watermark.last_index.value()));
  }
  if (found.hard_state.epoch < watermark.hard_state.epoch) {
    return absl::DataLossError(absl::StrFormat("the log is in epoch %d, but was in epoch %d before",
                                               found.hard_state.epoch.value(),
                                               watermark.hard_state.epoch.value()));
  }
  if (found.write_id == watermark.write_id && found != watermark) {
    return absl::DataLossError(absl::StrFormat(
        "write %d of the log is not the write that was durable under this number", found.write_id));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<LogState>> LossWatermarkFile::Load() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> content, ReadFile(path_));
  if (!content) return std::optional<LogState>();
  absl::StatusOr<LogState> watermark = ParseState(*content);
  if (!watermark.ok()) {
    return absl::DataLossError(
        absl::StrFormat("%s: %s", path_, std::string(watermark.status().message())));
  }
  return std::optional(*std::move(watermark));
}

absl::Status LossWatermarkFile::Store(const LogState& durable) {
  return ReplaceFile(path_, EncodeState(durable));
}

}  // namespace quorate::storage
