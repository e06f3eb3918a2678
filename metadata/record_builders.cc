#include "metadata/record_builders.h"

namespace quorate::metadata {

v1::Record MakeNoOpRecord() {
  v1::Record record;
  record.mutable_no_op();
  return record;
}

v1::Record MakeSnapshotHeaderRecord(RecordOffset end_offset, Epoch epoch, int64_t append_time_ms) {
  v1::Record record;
  v1::SnapshotHeaderRecord& fields = *record.mutable_snapshot_header();
  fields.set_end_offset(end_offset.value());
  fields.set_epoch(epoch.value());
  fields.set_append_time_ms(append_time_ms);
  return record;
}

v1::Record MakeSnapshotFooterRecord(int64_t record_count) {
  v1::Record record;
  record.mutable_snapshot_footer()->set_record_count(record_count);
  return record;
}

}  // namespace quorate::metadata
