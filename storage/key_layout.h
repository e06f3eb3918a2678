// The keys of the log's two families (docs/storage_format.md).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/byte_order.h"
#include "base/ids.h"

namespace quorate::storage {

// Log family: the index as 8 bytes, big-endian, so that the keys sort in the order of the indexes.
inline std::string LogKey(LogIndex index) {
  std::string key;
  AppendBigEndian(key, static_cast<uint64_t>(index.value()));
  return key;
}

// Meta family. Encodings: log_codec.h.
inline constexpr std::string_view kStateKey = "state";
inline constexpr std::string_view kLogStartKey = "log_start";
inline constexpr std::string_view kEpochStartsKey = "epoch_starts";
inline constexpr std::string_view kVoterEntriesKey = "voter_entries";
inline constexpr std::string_view kFoundingVotersKey = "founding_voters";

}  // namespace quorate::storage
