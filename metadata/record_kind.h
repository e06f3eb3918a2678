// The name of a record's kind, for error messages and dumps.
#pragma once

#include <string>

#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// Returns e.g. "TopicRecord", or "a record of unknown kind" if this program does not know the kind.
inline std::string RecordKindName(const v1::Record& record) {
  if (record.kind_case() == v1::Record::KIND_NOT_SET) return "a record of unknown kind";
  return record.GetDescriptor()->FindFieldByNumber(record.kind_case())->message_type()->name();
}

}  // namespace quorate::metadata
