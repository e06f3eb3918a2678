// RequestResultsImage holds the remembered answers to requests (RequestResultTable). Kafka has no
// such records.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "base/ids.h"
#include "metadata/record_family.h"
#include "metadata/request_result.h"
#include "metadata/request_result_table.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::metadata {

// A record family (record_family.h).
class RequestResultsImage {
 public:
  using Kinds = RecordKinds<RecordKind<v1::Record::kRequestResult, &v1::Record::request_result>,
                            RecordKind<v1::Record::kEvictedRequests, &v1::Record::evicted_requests,
                                       Occurrence{.in_log = false}>>;

  const RequestResultTable& table() const { return table_; }

  absl::Status Replay(const v1::RequestResultRecord& record, const ReplayContext& context);
  absl::Status Replay(const v1::EvictedRequestsRecord& record, const ReplayContext& context);
  static std::string TextOf(const v1::RequestResultRecord& record, size_t max_items);
  static std::string TextOf(const v1::EvictedRequestsRecord& record, size_t max_items);
  // Kafka would not write this record.
  static int32_t OffsetsOf(const v1::RequestResultRecord& record);

  void AddToSnapshot(SnapshotSections& sections) const;
  void AddToHash(HashSections& sections) const;
  void AddToText(std::string& text) const;

 private:
  RequestResultTable table_;
};

v1::Record MakeRequestResultRecord(const RequestResult& result);
// Occurs only in snapshots.
v1::Record MakeEvictedRequestsRecord(std::string_view principal, const Uuid& client_uuid,
                                     int64_t highest_sequence);

}  // namespace quorate::metadata
