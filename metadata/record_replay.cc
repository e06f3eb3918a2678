#include "metadata/record_replay.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "metadata/metadata_image.h"
#include "metadata/record_table.h"
#include "metadata/replay_errors.h"

namespace quorate::metadata {
namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::Message;
using ::google::protobuf::Reflection;

// Looks at the fields that are messages only: Reflection::ListFields would cost a tenth of a
// replay.
bool HasUnknownFields(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor* field = type.field(i);
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (!reflection.HasField(message, field)) continue;
      if (HasUnknownFields(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int j = 0; j < reflection.FieldSize(message, field); ++j) {
      if (HasUnknownFields(reflection.GetRepeatedMessage(message, field, j))) return true;
    }
  }
  return false;
}

absl::Status OnlyInTheLog() { return Malformed("belongs in the log, not in a snapshot"); }
absl::Status OnlyInSnapshots() { return Malformed("belongs in a snapshot, not in the log"); }

absl::Status ReplayWithoutFamily(const v1::Record& record, const ReplayContext& context) {
  switch (record.kind_case()) {
    case v1::Record::kNoOp:
      return context.offset.has_value() ? absl::OkStatus() : OnlyInTheLog();
    case v1::Record::kSnapshotHeader:
    case v1::Record::kSnapshotFooter:
      // The loader of snapshots reads them itself.
      return OnlyInSnapshots();
    case v1::Record::KIND_NOT_SET:
      return Malformed("no kind is set");
    default:
      return absl::UnimplementedError(
          absl::StrFormat("no record family of this program has kind %d", record.kind_case()));
  }
}

}  // namespace

absl::Status CheckIsKnown(const v1::Record& record) {
  return HasUnknownFields(record) ? absl::UnimplementedError(kUnknownFields) : absl::OkStatus();
}

absl::Status ReplayRecord(const v1::Record& record, const ReplayContext& context) {
  RETURN_IF_ERROR(CheckIsKnown(record));
  const RecordRow* row = FindRow(record.kind_case());
  if (row == nullptr) return ReplayWithoutFamily(record, context);
  const Occurrence& occurrence = row->occurrence;
  if (context.offset.has_value() && !occurrence.in_log) return OnlyInSnapshots();
  if (!context.offset.has_value() && !occurrence.in_snapshots) return OnlyInTheLog();
  const uint32_t version = context.image.metadata_version();
  if (version < occurrence.since_version) {
    return Contradiction("it needs metadata version %d, but the log has %s",
                         occurrence.since_version,
                         version == 0 ? "no metadata version yet" : absl::StrCat(version));
  }
  return row->replay(record, context);
}

}  // namespace quorate::metadata
