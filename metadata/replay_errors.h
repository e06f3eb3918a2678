// The errors of replay, and the checks that several kinds of record share. Internal to metadata/.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "base/ids.h"
#include "metadata/metadata_image.h"

namespace quorate::metadata {

// Refuses what a newer program wrote, because this program would have to skip a part of it.
inline constexpr char kUnknownFields[] =
    "has fields that this program does not know; upgrade this program";

// The record is malformed, whatever the image.
template <typename... Args>
absl::Status Malformed(const absl::FormatSpec<Args...>& format, const Args&... args) {
  return absl::DataLossError(absl::StrFormat(format, args...));
}

// The record is well-formed, but contradicts the image.
template <typename... Args>
absl::Status Contradiction(const absl::FormatSpec<Args...>& format, const Args&... args) {
  return absl::FailedPreconditionError(absl::StrFormat(format, args...));
}

// Returns DATA_LOSS, with the name of the field, unless `bytes` has 16 bytes that are not all zero.
inline absl::StatusOr<Uuid> ParseUuid(const std::string& bytes, std::string_view field) {
  const std::optional<Uuid> id = Uuid::FromBytes(bytes);
  if (!id.has_value()) return Malformed("%s has %d bytes, not 16", field, bytes.size());
  if (id->is_zero()) return Malformed("%s is zero", field);
  return *id;
}

// Returns the topic with this id, or FAILED_PRECONDITION if there is none.
inline absl::StatusOr<TopicPtr> RequireTopic(const std::string& id_bytes,
                                             const MetadataImage& image) {
  const absl::StatusOr<Uuid> id = ParseUuid(id_bytes, "topic_id");
  if (!id.ok()) return id.status();
  TopicPtr topic = image.FindTopic(*id);
  if (topic == nullptr) return Contradiction("there is no topic with id %s", id->ToString());
  return topic;
}

}  // namespace quorate::metadata
