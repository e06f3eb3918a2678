// Says what the cluster's metadata version does not allow.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "metadata/metadata_image.h"

namespace quorate::controller {

// Returns "" if the cluster has at least this metadata version. Otherwise returns the message of an
// UNSUPPORTED_VERSION error. `what` completes "… from metadata version 2 on".
inline std::string VersionProblem(const metadata::MetadataImage& image, uint32_t version,
                                  std::string_view what) {
  if (image.metadata_version() >= version) return "";
  return absl::StrFormat(
      "%s from metadata version %d on, but the cluster has version %d; run 'quoratectl features "
      "upgrade' first",
      what, version, image.metadata_version());
}

}  // namespace quorate::controller
