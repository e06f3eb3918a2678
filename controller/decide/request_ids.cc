#include "controller/decide/request_ids.h"

#include <xxhash.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

// The most bytes of all messages in one record.
constexpr size_t kMaxMessageBytes = 4 << 20;
// The bytes of the record's tag and size in a batch.
constexpr size_t kRecordOverhead = 16;

void CutMessages(ItemResults* items) {
  size_t bytes = 0;
  for (const ItemResult& item : *items) bytes += item.message.size();
  if (bytes <= kMaxMessageBytes) return;
  const size_t share = kMaxMessageBytes / items->size();
  for (ItemResult& item : *items) {
    size_t size = std::min(item.message.size(), share);
    // Do not cut within a UTF-8 character.
    while (size > 0 && size < item.message.size() && (item.message[size] & 0xc0) == 0x80) --size;
    item.message.resize(size);
  }
}

// Makes the whole request fail with `error`.
void RefuseAll(const common::v1::Error& error, size_t item_count, Decision<ItemResults>* decision) {
  ItemResults items(item_count, MakeItemError(error.code(), error.message()));
  CutMessages(&items);
  *decision = {.answer = std::move(items)};
}

bool HasError(const ItemResults& items) {
  return std::any_of(items.begin(), items.end(),
                     [](const ItemResult& item) { return item.code != 0; });
}

}  // namespace

std::variant<RequestId, common::v1::Error> ParseRequestId(const common::v1::RequestId& id) {
  const auto client = Uuid::FromBytes(id.client_uuid());
  if (!client || client->is_zero()) {
    return MakeError(
        common::v1::INVALID_REQUEST,
        "request_id.client_uuid is not 16 bytes or is zero: choose it at random once for "
        "each client, or omit request_id");
  }
  if (id.sequence() < 1) {
    return MakeError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("request_id.sequence is %d; sequences begin at 1", id.sequence()));
  }
  return RequestId{.client_uuid = *client, .sequence = id.sequence()};
}

uint64_t HashRequest(const google::protobuf::Message& request) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    CHECK(request.SerializeToCodedStream(&coded));
  }
  return XXH3_64bits(bytes.data(), bytes.size());
}

std::optional<Answer<ItemResults>> FindResult(const metadata::MetadataImage& image,
                                              const RequestIdentity& identity) {
  const metadata::RequestLookup found = image.FindRequest(identity.principal, identity.id);
  const std::string name = absl::StrFormat(
      "request id (%s, %d)", identity.id.client_uuid.ToString(), identity.id.sequence);
  switch (found.kind) {
    case metadata::RequestLookup::Kind::kNew:
      return std::nullopt;
    case metadata::RequestLookup::Kind::kEvicted:
      return MakeError(
          common::v1::REQUEST_ID_EVICTED,
          absl::StrFormat("the result of %s is no longer stored; check whether its changes "
                          "were made",
                          name),
          common::v1::UNKNOWN);
    case metadata::RequestLookup::Kind::kKnown:
      break;
  }
  if (found.result->method != identity.method || found.result->request_hash != identity.hash) {
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("%s belongs to another request (%s); take the next sequence",
                                     name, found.result->method));
  }
  return found.result->items;
}

metadata::v1::Record ResultRecord(const RequestIdentity& identity, const ItemResults& items) {
  return metadata::MakeRequestResultRecord({.principal = identity.principal,
                                            .request_id = identity.id,
                                            .method = identity.method,
                                            .request_hash = identity.hash,
                                            .items = items});
}

void Remember(const RequestIdentity& identity, size_t item_count, Decision<ItemResults>* decision) {
  CHECK_LE(item_count, kMaxRememberedItems);
  if (const auto* error = std::get_if<common::v1::Error>(&decision->answer)) {
    RefuseAll(common::v1::Error(*error), item_count, decision);
  }
  CutMessages(&std::get<ItemResults>(decision->answer));
  metadata::v1::Record result = ResultRecord(identity, std::get<ItemResults>(decision->answer));
  const size_t bytes = decision->records.ByteSizeLong() + result.ByteSizeLong() + kRecordOverhead;
  if (bytes > kMaxBatchBytes) {
    RefuseAll(TooLargeForOneEntry(bytes), item_count, decision);
    result = ResultRecord(identity, std::get<ItemResults>(decision->answer));
  }
  if (decision->records.records().empty()) {
    decision->remembers_only = true;
    const bool is_refused = HasError(std::get<ItemResults>(decision->answer));
    decision->cause = absl::StrCat(identity.method.substr(identity.method.rfind('/') + 1),
                                   is_refused ? ": refused" : ": nothing to change");
  }
  *decision->records.add_records() = std::move(result);
}

}  // namespace quorate::controller
