// What each kind of record does to an image. Apart from replay.cc, which knows batches and
// positions, because this is where a new kind is added. Internal to metadata/.
#pragma once

#include "absl/status/status.h"
#include "base/ids.h"
#include "metadata/image_builder.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// Applies a record whose own offset is `offset`. DATA_LOSS: ill-formed in itself; UNIMPLEMENTED:
// of a kind or version that this program does not know; FAILED_PRECONDITION: contradicts the image.
// The builder is of no use after an error.
absl::Status ReplayRecord(const v1::Record& record, RecordOffset offset, ImageBuilder& builder);

// UNIMPLEMENTED if a newer program wrote something into the record that this one does not know:
// ignoring it would make two replicas differ in silence. ReplayRecord asks by itself.
absl::Status CheckIsKnown(const v1::Record& record);

}  // namespace quorate::metadata
