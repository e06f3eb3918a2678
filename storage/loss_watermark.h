// A copy of the log's state in a file beside the log, written lazily. A log that is behind the
// watermark has lost something, which no checksum inside the log can show. A log that is not behind
// it may have lost something too. So the watermark can prove a loss, but never that there was none,
// and it permits no repair.
//
// Example, with a watermark of write 40 in epoch 3, last entry 90:
//
//   the log is at                        result
//   write 38, epoch 3, last entry 88     DATA_LOSS: writes 39 and 40 are gone
//   write 40, epoch 3, last entry 90     OK
//   write 40, epoch 3, last entry 89     DATA_LOSS: write 40 is not the one that was durable
//   write 43, epoch 3, last entry 80     OK: a later write truncated the log
//   write 43, epoch 2, last entry 93     DATA_LOSS: an epoch never goes back
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/log_codec.h"

namespace quorate::storage {

// Returns OK if `found` holds at least what `watermark` recorded at an earlier time, and exactly
// that if nothing was written since. Otherwise returns DATA_LOSS, which says what `found` has lost.
absl::Status CheckAgainstLossWatermark(const LogState& found, const LogState& watermark);

// The watermark file. Not thread-safe.
class LossWatermarkFile {
 public:
  explicit LossWatermarkFile(std::string path) : path_(std::move(path)) {}

  // Returns nullopt if the file was never written, and DATA_LOSS if it is damaged. A crash cannot
  // damage it, because it is replaced as a whole.
  absl::StatusOr<std::optional<LogState>> Load() const;
  // Replaces the file. Durable once it returns OK.
  absl::Status Store(const LogState& durable);

 private:
  const std::string path_;
};

}  // namespace quorate::storage
