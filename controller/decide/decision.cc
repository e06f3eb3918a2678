#include "controller/decide/decision.h"

#include "absl/strings/str_format.h"
#include "metadata/replay.h"

namespace quorate::controller {

RecordOffset NextRecordOffset(const metadata::MetadataImage& image,
                              const metadata::v1::RecordBatch& batch) {
  // CountRecords of an empty batch is 1, the offset that an empty entry takes.
  if (batch.records().empty()) return image.end_offset();
  return image.end_offset() + metadata::CountRecords(batch);
}

common::v1::Error TooLargeForOneEntry(size_t bytes) {
  return MakeError(common::v1::POLICY_VIOLATION,
                   absl::StrFormat("the request would make at least %d bytes of records; one "
                                   "request may make at most %d: split it",
                                   bytes, kMaxBatchBytes));
}

}  // namespace quorate::controller
