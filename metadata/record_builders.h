// Makes records from plain values, so that decisions and tests need not know the packed arrays. The
// functions do not validate the values; replay does. Each family declares the functions for its own
// records; this header includes them all.
#pragma once

#include <cstdint>

#include "base/ids.h"
#include "metadata/families/families.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// These kinds belong to no family.
v1::Record MakeNoOpRecord();
// Occur only in snapshots.
v1::Record MakeSnapshotHeaderRecord(RecordOffset end_offset, Epoch epoch, int64_t append_time_ms);
v1::Record MakeSnapshotFooterRecord(int64_t record_count);

}  // namespace quorate::metadata
