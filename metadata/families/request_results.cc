#include "metadata/families/request_results.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/check.h"
#include "base/quote.h"
#include "metadata/hash_sections.h"
#include "metadata/replay_errors.h"
#include "metadata/snapshot_sections.h"
#include "metadata/text_util.h"

namespace quorate::metadata {

v1::Record MakeRequestResultRecord(const RequestResult& result) {
  v1::Record record;
  v1::RequestResultRecord& fields = *record.mutable_request_result();
  fields.set_principal(result.principal);
  fields.mutable_request_id()->set_client_uuid(std::string(result.request_id.client_uuid.bytes()));
  fields.mutable_request_id()->set_sequence(result.request_id.sequence);
  fields.set_method(result.method);
  fields.set_request_hash(result.request_hash);
  for (const RequestResult::Item& item : result.items) {
    auto& added = *fields.add_items();
    added.set_code(static_cast<common::v1::ErrorCode>(item.code));
    added.set_message(item.message);
    if (!item.topic_id.is_zero()) added.set_topic_id(std::string(item.topic_id.bytes()));
  }
  fields.set_response(result.response);
  return record;
}

v1::Record MakeEvictedRequestsRecord(std::string_view principal, const Uuid& client_uuid,
                                     int64_t highest_sequence) {
  v1::Record record;
  v1::EvictedRequestsRecord& fields = *record.mutable_evicted_requests();
  fields.set_principal(std::string(principal));
  fields.set_client_uuid(std::string(client_uuid.bytes()));
  fields.set_highest_sequence(highest_sequence);
  return record;
}

absl::Status RequestResultsImage::Replay(const v1::RequestResultRecord& record,
                                         const ReplayContext& context) {
  RequestResult result{.principal = record.principal(),
                       .request_id = {},
                       .method = record.method(),
                       .request_hash = record.request_hash(),
                       .items = {},
                       .response = record.response()};
  ASSIGN_OR_RETURN(result.request_id.client_uuid,
                   ParseUuid(record.request_id().client_uuid(), "client_uuid"));
  result.request_id.sequence = record.request_id().sequence();
  if (result.request_id.sequence < 1) {
    return Malformed("sequence %d is below 1", result.request_id.sequence);
  }
  result.items.reserve(static_cast<size_t>(record.items_size()));
  for (const auto& item : record.items()) {
    Uuid topic_id;
    if (!item.topic_id().empty()) {
      ASSIGN_OR_RETURN(topic_id, ParseUuid(item.topic_id(), "topic_id"));
    }
    result.items.push_back({.code = static_cast<int32_t>(item.code()),
                            .message = item.message(),
                            .topic_id = topic_id});
  }
  if (result.response.size() > kMaxRememberedResponseBytes) {
    return Malformed("the response has %d bytes, the limit is %d", result.response.size(),
                     kMaxRememberedResponseBytes);
  }
  RETURN_IF_ERROR(CheckVersion(context.image, 2, {{"response", !result.response.empty()}}));
  const auto kind = table_.Find(result.principal, result.request_id).kind;
  if (kind != RequestLookup::Kind::kNew) {
    return Contradiction("request %s/%d of %s %s", result.request_id.client_uuid.ToString(),
                         result.request_id.sequence, Quote(result.principal),
                         kind == RequestLookup::Kind::kKnown
                             ? "already has a result"
                             : "is not above the highest evicted sequence");
  }
  table_.Add(std::make_shared<RequestResult>(std::move(result)), record.ByteSizeLong(),
             RequestResultTable::Limits());
  return absl::OkStatus();
}

absl::Status RequestResultsImage::Replay(const v1::EvictedRequestsRecord& record,
                                         const ReplayContext& /*context*/) {
  ASSIGN_OR_RETURN(const Uuid client_uuid, ParseUuid(record.client_uuid(), "client_uuid"));
  if (record.highest_sequence() < 1) {
    return Malformed("sequence %d is below 1", record.highest_sequence());
  }
  if (!table_.SetHighestEvicted(record.principal(), client_uuid, record.highest_sequence())) {
    return Contradiction("client %s of %s has no results", client_uuid.ToString(),
                         Quote(record.principal()));
  }
  return absl::OkStatus();
}

int32_t RequestResultsImage::OffsetsOf(const v1::RequestResultRecord& /*record*/) { return 0; }

namespace {

void HashResult(const RequestResult& result, ContentHasher& hasher) {
  hasher.Add(result.principal);
  hasher.Add(result.request_id.client_uuid);
  hasher.Add(result.request_id.sequence);
  hasher.Add(result.method);
  hasher.Add(static_cast<int64_t>(result.request_hash));
  // A negative number says that a response follows, so that results without one are hashed as at
  // metadata version 1.
  const auto item_count = static_cast<int64_t>(result.items.size());
  hasher.Add(result.response.empty() ? item_count : -1 - item_count);
  for (const RequestResult::Item& item : result.items) {
    hasher.Add(item.code);
    hasher.Add(item.message);
    hasher.Add(item.topic_id);
  }
  if (!result.response.empty()) hasher.Add(result.response);
}

// Returns the size of the response, because only its operation can decode it; an empty string if
// there is none.
std::string ResponseText(const std::string& response) {
  return response.empty() ? "" : absl::StrFormat(" response=%d bytes", response.size());
}

}  // namespace

std::string RequestResultsImage::TextOf(const v1::RequestResultRecord& record,
                                        size_t /*max_items*/) {
  std::vector<std::string> items;
  for (const auto& item : record.items()) {
    items.push_back(CodeText(static_cast<int32_t>(item.code())));
    if (!item.message().empty()) absl::StrAppend(&items.back(), " ", Quoted(item.message()));
    if (!item.topic_id().empty()) absl::StrAppend(&items.back(), " ", IdText(item.topic_id()));
  }
  return absl::StrFormat("RequestResult %s %s/%d %s hash=%016x [%s]%s", Quoted(record.principal()),
                         IdText(record.request_id().client_uuid()), record.request_id().sequence(),
                         absl::CHexEscape(record.method()), record.request_hash(),
                         absl::StrJoin(items, ", "), ResponseText(record.response()));
}

std::string RequestResultsImage::TextOf(const v1::EvictedRequestsRecord& record,
                                        size_t /*max_items*/) {
  return absl::StrFormat("EvictedRequests of %s client=%s highest_sequence=%d",
                         Quoted(record.principal()), IdText(record.client_uuid()),
                         record.highest_sequence());
}

void RequestResultsImage::AddToSnapshot(SnapshotSections& sections) const {
  std::vector<const RequestResult*> results;
  results.reserve(table_.size());
  table_.ForEach([&](const RequestResult& result) { results.push_back(&result); });
  sections.Add(std::move(results), [](const RequestResult* result, v1::Record* record) {
    *record = MakeRequestResultRecord(*result);
  });

  struct EvictedClient {
    std::string_view principal;
    Uuid client_uuid;
    int64_t sequence = 0;
  };
  std::vector<EvictedClient> clients;
  table_.ForEachEvicted([&](std::string_view principal, const Uuid& client_uuid, int64_t sequence) {
    clients.push_back({principal, client_uuid, sequence});
  });
  sections.Add(std::move(clients), [](const EvictedClient& client, v1::Record* record) {
    *record = MakeEvictedRequestsRecord(client.principal, client.client_uuid, client.sequence);
  });
}

void RequestResultsImage::AddToHash(HashSections& sections) const {
  sections.Add([this, next = size_t{0}](ContentHasher& hasher) mutable {
    constexpr size_t kPiece = 100;
    if (next == 0) hasher.Add(static_cast<int64_t>(table_.size()));
    const size_t stop = std::min(next + kPiece, table_.size());
    for (; next < stop; ++next) HashResult(table_.at(next), hasher);
    return next < table_.size();
  });
  sections.Add([this](ContentHasher& hasher) {
    table_.ForEachEvicted(
        [&](std::string_view principal, const Uuid& client_uuid, int64_t sequence) {
          hasher.Add(principal);
          hasher.Add(client_uuid);
          hasher.Add(sequence);
        });
    return false;
  });
}

void RequestResultsImage::AddToText(std::string& text) const {
  table_.ForEach([&](const RequestResult& result) {
    std::vector<std::string> items;
    for (const RequestResult::Item& item : result.items) {
      items.push_back(CodeText(item.code));
      if (!item.message.empty()) absl::StrAppend(&items.back(), " ", Quoted(item.message));
      if (!item.topic_id.is_zero()) absl::StrAppend(&items.back(), " ", item.topic_id.ToString());
    }
    absl::StrAppendFormat(&text, "request %s %s/%d %s hash=%016x [%s]%s\n",
                          Quoted(result.principal), result.request_id.client_uuid.ToString(),
                          result.request_id.sequence, absl::CHexEscape(result.method),
                          result.request_hash, absl::StrJoin(items, ", "),
                          ResponseText(result.response));
  });
  table_.ForEachEvicted([&](std::string_view principal, const Uuid& client_uuid, int64_t sequence) {
    absl::StrAppend(&text, "evicted ", Quoted(principal), " ", client_uuid.ToString(), " up to ",
                    sequence, "\n");
  });
}

}  // namespace quorate::metadata
