// The ids of log directories that Kafka reserves (KIP-858): those below 100, read as one number.
#pragma once

#include <string>

#include "base/uuid.h"

namespace quorate::metadata {

// Returns the id whose last byte is `n` and whose other bytes are 0.
inline Uuid ReservedDirectoryId(char n) {
  return *Uuid::FromBytes(std::string(Uuid::kBytes - 1, '\0') + n);
}

// The directory of a replica may have this id: it was in a directory that the controller does not
// know, and that is offline now. Kafka's other reserved ids have no use here; a replica whose
// directory is not assigned has no directory id.
inline const Uuid kLostDirectoryId = ReservedDirectoryId(2);
// The lowest id that a directory can have.
inline const Uuid kFirstFreeDirectoryId = ReservedDirectoryId(100);

}  // namespace quorate::metadata
