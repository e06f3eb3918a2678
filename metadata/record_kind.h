// The name of a record's kind, for messages and dumps.
#pragma once

#include <string>

#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// E.g. "TopicRecord"; "a record of unknown kind" if none is set that this program knows.
inline std::string RecordKindName(const v1::Record& record) {
  if (record.kind_case() == v1::Record::KIND_NOT_SET) return "a record of unknown kind";
  return record.GetDescriptor()->FindFieldByNumber(record.kind_case())->message_type()->name();
}

}  // namespace quorate::metadata
