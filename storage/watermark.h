// A copy of the log's state beside the log, kept lazily: a log that is behind it has lost
// something, which no checksum inside the log can tell. One that is not behind it may have lost
// something too: it proves a loss, never that there was none, and permits no repair.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/log_codec.h"

namespace quorate::storage {

// OK, or DATA_LOSS that says what `found` has lost: the log holds at least what `watermark`
// remembers of an earlier time, and exactly that if nothing was written since.
absl::Status CheckAgainstWatermark(const LogState& found, const LogState& watermark);

// The file. Not thread-safe.
class WatermarkFile {
 public:
  explicit WatermarkFile(std::string path) : path_(std::move(path)) {}

  // Nothing: it was never written. DATA_LOSS: it is damaged (it is replaced whole, so a crash does
  // not do that).
  absl::StatusOr<std::optional<LogState>> Load() const;
  // Replaces the file; durable once OK.
  absl::Status Store(const LogState& durable);

 private:
  const std::string path_;
};

}  // namespace quorate::storage
