#include "metadata/record_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "metadata/record_table.h"
#include "metadata/text_util.h"

namespace quorate::metadata {

std::string RecordText(const v1::Record& record, size_t max_partitions) {
  if (const RecordRow* row = FindRow(record.kind_case()); row != nullptr) {
    return row->text_of(record, max_partitions);
  }
  switch (record.kind_case()) {
    case v1::Record::kNoOp:
      return "NoOp";
    case v1::Record::kSnapshotHeader:
      return absl::StrFormat("SnapshotHeader end_offset=%d epoch=%d append_time_ms=%d",
                             record.snapshot_header().end_offset(),
                             record.snapshot_header().epoch(),
                             record.snapshot_header().append_time_ms());
    case v1::Record::kSnapshotFooter:
      return absl::StrCat("SnapshotFooter records=", record.snapshot_footer().record_count());
    default:
      return absl::StrCat("a record of unknown kind: ", Quoted(record.SerializeAsString()));
  }
}

}  // namespace quorate::metadata
