// What to do with each kind of record: one table, made from the list of families when the program
// is compiled. Internal to metadata/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "metadata/record_family.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// The functions call those of the family that has the kind (record_family.h).
struct RecordRow {
  Occurrence occurrence;
  absl::Status (*replay)(const v1::Record& record, const ReplayContext& context) = nullptr;
  std::string (*text_of)(const v1::Record& record, size_t max_items) = nullptr;
  int32_t (*offsets_of)(const v1::Record& record) = nullptr;
};

// Returns null if no family has this kind: for KIND_NOT_SET, and for the kinds NoOp, SnapshotHeader
// and SnapshotFooter, which change no family.
const RecordRow* FindRow(v1::Record::KindCase kind);

}  // namespace quorate::metadata
