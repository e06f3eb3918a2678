// The errors of replay, and the checks that several kinds of record share. Internal to metadata/.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

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

// Checks the fields that a kind of record has only since a metadata version: their names, and
// whether the record has them. Returns FAILED_PRECONDITION if it has one although the log's version
// is lower. For a whole kind of record, Occurrence::since_version does this.
inline absl::Status CheckVersion(
    const MetadataImage& image, uint32_t since,
    std::initializer_list<std::pair<std::string_view, bool>> has_fields) {
  if (image.metadata_version() >= since) return absl::OkStatus();
  for (const auto& [field, has_field] : has_fields) {
    if (!has_field) continue;
    return Contradiction("the field %s needs metadata version %d, but the log has version %d",
                         field, since, image.metadata_version());
  }
  return absl::OkStatus();
}

// Returns DATA_LOSS, with the name of the field, unless `bytes` has 16 bytes that are not all zero.
inline absl::StatusOr<Uuid> ParseUuid(const std::string& bytes, std::string_view field) {
  const std::optional<Uuid> id = Uuid::FromBytes(bytes);
  if (!id.has_value()) return Malformed("%s has %d bytes, not 16", field, bytes.size());
  if (id->is_zero()) return Malformed("%s is zero", field);
  return *id;
}

}  // namespace quorate::metadata
