// Reads the metadata log of a running cluster from the oldest place that its controllers have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "cli/session.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/metadata_service.pb.h"

namespace quorate::cli {

// A place in the log: an offset or a time. Exactly one is set.
struct LogPoint {
  std::optional<int64_t> offset;
  // In milliseconds since the Unix epoch.
  std::optional<int64_t> ms;
};

// Parses an offset of the log, or a time in the past as ParsePastTime does (parse.h).
absl::StatusOr<LogPoint> ParseLogPoint(const std::string& text);

// Called with each batch, in order, and the images before and after it. Returns whether to go on.
using HistoryVisitor =
    absl::FunctionRef<bool(const metadata::v1::Batch& batch, const metadata::MetadataImage& before,
                           const metadata::MetadataImage& after)>;
// Called with the image of a snapshot that stands for everything before it. Returns whether to go
// on.
using SnapshotVisitor = absl::FunctionRef<bool(const metadata::MetadataImage& image)>;

// Passes the log to the visitors: the oldest snapshot, unless the controllers still have the whole
// log, and the batches since. Ends after everything that was committed when it began, or if
// `follow` is set, not before a visitor returns false or no controller answers. Reports a failure
// to the session.
ExitCode ReadHistory(Session& session, bool follow, SnapshotVisitor on_snapshot,
                     HistoryVisitor on_batch);

// Returns the state after the entry that holds the offset, or after the last entry that was
// appended until the time. Returns OUT_OF_RANGE if the controllers no longer have that state, or
// not yet. Returns nullopt if the history cannot be read; the failure is then reported to the
// session, and its exit code is in `code`.
std::optional<absl::StatusOr<metadata::MetadataImage>> ImageAt(Session& session,
                                                               const LogPoint& point,
                                                               ExitCode& code);

}  // namespace quorate::cli
