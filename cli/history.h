// Reads the metadata log of a running cluster from the oldest place that its controllers have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "cli/session.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"
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

struct HistoryOptions {
  // Begin with the oldest snapshot and not with the newest one. If the controllers still have the
  // whole log, there is none.
  bool from_oldest_snapshot = true;
  // End not before a visitor returns false or no controller answers. Otherwise, end after
  // everything that was committed when `cluster` was described.
  bool follow = false;
};

// Passes a snapshot and the batches since to the visitors. Reports a failure to the session.
ExitCode ReadHistory(Session& session, const admin::v1::DescribeClusterResponse& cluster,
                     HistoryOptions options, SnapshotVisitor on_snapshot, HistoryVisitor on_batch);
// Describes the cluster first. The answer is confirmed by a quorum, so its end offset includes
// everything that was acknowledged before.
ExitCode ReadHistory(Session& session, HistoryOptions options, SnapshotVisitor on_snapshot,
                     HistoryVisitor on_batch);

// Returns the state after the entry that holds the offset, or after the last entry that was
// appended until the time. Returns OUT_OF_RANGE if the controllers no longer have that state, or
// not yet. Returns nullopt if the history cannot be read; the failure is then reported to the
// session, and its exit code is in `code`.
std::optional<absl::StatusOr<metadata::MetadataImage>> ImageAt(Session& session,
                                                               const LogPoint& point,
                                                               ExitCode& code);

}  // namespace quorate::cli
