// Applies one record to an image: checks whether the record may occur where it is, and hands it to
// its family. Internal to metadata/.
#pragma once

#include "absl/status/status.h"
#include "metadata/record_family.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// Applies a record of the log or of a snapshot. The header and the footer of a snapshot are
// malformed here: SnapshotLoader reads them itself. The builder must not be used after an error:
//   DATA_LOSS            the record is malformed, whatever the image
//   UNIMPLEMENTED        this program does not know the record's kind, version or fields
//   FAILED_PRECONDITION  the record contradicts the image
absl::Status ReplayRecord(const v1::Record& record, const ReplayContext& context);

// Returns UNIMPLEMENTED if the record has fields that this program does not know, which means that
// a newer program wrote it. Ignoring them would let two replicas differ silently. ReplayRecord
// calls this itself.
absl::Status CheckIsKnown(const v1::Record& record);

}  // namespace quorate::metadata
