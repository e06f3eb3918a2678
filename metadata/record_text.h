// Writes a record as one readable line, for logs, test transcripts and dumps. The text is never
// parsed.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// Returns e.g. `Topic "orders" id=AAAAAAAAAAAAAAAAAAAAAQ`. Of a record in packed arrays, it writes
// at most `max_partitions` partitions and then how many more there are. If the record does not
// contain a replica's broker id, the replica's position is written instead, as "#0". Accepts
// malformed records too.
std::string RecordText(const v1::Record& record,
                       size_t max_partitions = std::numeric_limits<size_t>::max());

}  // namespace quorate::metadata
