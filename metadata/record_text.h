// One readable line for each record: for logs, transcripts and dumps. Never parsed.
#pragma once

#include <cstddef>
#include <limits>
#include <string>

#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// E.g. `Topic "orders" id=AAAAAAAAAAAAAAAAAAAAAQ`. Of records in packed arrays at most
// `max_partitions` are written out, then how many more there are. A replica's position, where its
// broker is not in the record, is written "#0". Takes malformed records too.
std::string RecordText(const v1::Record& record,
                       size_t max_partitions = std::numeric_limits<size_t>::max());

}  // namespace quorate::metadata
