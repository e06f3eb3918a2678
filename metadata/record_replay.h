// Applies one record to an image. A new kind of record is added here; replay.cc handles batches and
// positions. Internal to metadata/.
#pragma once

#include "absl/status/status.h"
#include "base/ids.h"
#include "metadata/image_builder.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// Applies a record whose own offset is `offset`. The builder must not be used after an error:
//   DATA_LOSS            the record is malformed, whatever the image
//   UNIMPLEMENTED        this program does not know the record's kind, version or fields
//   FAILED_PRECONDITION  the record contradicts the image
absl::Status ReplayRecord(const v1::Record& record, RecordOffset offset, ImageBuilder& builder);

// Returns UNIMPLEMENTED if the record has fields that this program does not know, which means that
// a newer program wrote it. Ignoring them would let two replicas differ silently. ReplayRecord
// calls this itself.
absl::Status CheckIsKnown(const v1::Record& record);

}  // namespace quorate::metadata
