#include "cli/history.h"

#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "cli/parse.h"
#include "cli/text.h"
#include "client/admin_client.h"
#include "client/log_follower.h"
#include "metadata/subscribed_image.h"

namespace quorate::cli {

using admin::v1::DescribeClusterResponse;
using client::CallFailure;
using metadata::MetadataImage;
using metadata::v1::Batch;
using metadata::v1::SnapshotChunk;

absl::StatusOr<LogPoint> ParseLogPoint(const std::string& text) {
  int64_t offset = 0;
  if (absl::SimpleAtoi(text, &offset)) {
    if (offset >= 0) return LogPoint{.offset = offset};
    return absl::InvalidArgumentError(absl::StrFormat("'%s': an offset is not negative", text));
  }
  const auto ms = ParsePastTime(text, SystemClock().WallMs());
  if (!ms.ok()) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s, or an offset of the log", std::string(ms.status().message())));
  }
  return LogPoint{.ms = *ms};
}

ExitCode ReadHistory(Session& session, HistoryOptions options, SnapshotVisitor on_snapshot,
                     HistoryVisitor on_batch) {
  client::AdminClient admin(session.caller_options());
  const auto result = admin.DescribeCluster({});
  if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
  return ReadHistory(session, std::get<DescribeClusterResponse>(result), options, on_snapshot,
                     on_batch);
}

ExitCode ReadHistory(Session& session, const DescribeClusterResponse& cluster,
                     HistoryOptions options, SnapshotVisitor on_snapshot, HistoryVisitor on_batch) {
  metadata::SubscribedImage state;
  absl::Status added;
  const auto goes_on = [&] {
    return options.follow || state.image().end_offset().value() < cluster.end_offset();
  };
  client::LogFollower follower(session.caller_options(), cluster.cluster_id(), {},
                               options.from_oldest_snapshot);
  const auto failure = follower.Follow(
      [&](const Batch& batch) {
        const MetadataImage before = state.image();
        added = state.Add(batch);
        return added.ok() && on_batch(batch, before, state.image()) && goes_on();
      },
      [&](const SnapshotChunk& chunk, bool /*begins*/) {
        added = state.Add(chunk);
        if (!added.ok() || !chunk.last()) return added.ok();
        return on_snapshot(state.image()) && goes_on();
      });
  if (failure) return session.Fail(*failure);
  return added.ok() ? ExitCode::kDone : session.Fail(added);
}

std::optional<absl::StatusOr<MetadataImage>> ImageAt(Session& session, const LogPoint& point,
                                                     ExitCode& code) {
  absl::StatusOr<MetadataImage> found = MetadataImage();
  const auto is_after = [&point](int64_t base_offset, int64_t append_time_ms) {
    return point.offset ? base_offset > *point.offset : append_time_ms > *point.ms;
  };
  code = ReadHistory(
      session, HistoryOptions(),
      [&](const MetadataImage& image) {
        const RecordOffset end = image.end_offset();
        if (is_after(end.value() - 1, image.last_append_time_ms())) {
          found = absl::OutOfRangeError(absl::StrFormat(
              "the oldest state that the controllers have is that of offset %d (%s)",
              end.value() - 1, TimeText(image.last_append_time_ms())));
        } else {
          found = image;
        }
        return found.ok();
      },
      [&](const Batch& batch, const MetadataImage& /*before*/, const MetadataImage& after) {
        if (is_after(batch.base_offset(), batch.append_time_ms())) return false;
        found = after;
        return true;
      });
  if (code != ExitCode::kDone) return std::nullopt;
  if (found.ok() && point.offset && *point.offset >= found->end_offset().value()) {
    found =
        absl::OutOfRangeError(absl::StrFormat("offset %d is not in the log yet: the last one is %d",
                                              *point.offset, found->end_offset().value() - 1));
  }
  return found;
}

}  // namespace quorate::cli
