// The ids of log directories (KIP-858): which of them Kafka reserves, and how records pack them.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"

namespace quorate::metadata {

// Returns the id whose last byte is `n` and whose other bytes are 0.
inline Uuid ReservedDirectoryId(char n) {
  return *Uuid::FromBytes(std::string(Uuid::kBytes - 1, '\0') + n);
}

// Kafka's id for a replica whose directory is not assigned. It is only on the wire: here, such a
// replica has no directory id.
inline const Uuid kUnassignedDirectoryId = ReservedDirectoryId(1);
// The directory of a replica may have this id: it was in a directory that the controller does not
// know, and that is offline now. Kafka's other reserved ids have no use here.
inline const Uuid kLostDirectoryId = ReservedDirectoryId(2);
// The lowest id that a directory can have. Kafka reserves those below, read as one number.
inline const Uuid kFirstFreeDirectoryId = ReservedDirectoryId(100);

// Returns the bytes of the ids, one after the other.
inline std::string JoinDirectoryIds(std::span<const Uuid> ids) {
  std::string bytes;
  bytes.reserve(ids.size() * Uuid::kBytes);
  for (const Uuid& id : ids) bytes += id.bytes();
  return bytes;
}

// Returns nullopt if the bytes are not a number of whole ids.
inline std::optional<std::vector<Uuid>> SplitDirectoryIds(std::string_view bytes) {
  if (bytes.size() % Uuid::kBytes != 0) return std::nullopt;
  std::vector<Uuid> ids;
  ids.reserve(bytes.size() / Uuid::kBytes);
  for (size_t at = 0; at < bytes.size(); at += Uuid::kBytes) {
    ids.push_back(*Uuid::FromBytes(bytes.substr(at, Uuid::kBytes)));
  }
  return ids;
}

}  // namespace quorate::metadata
