// Retries: a mutating request that carries a request id and was executed, by this controller or by
// one before it, gets its first answer again. The answers are in the image (RequestResultRecord),
// so they survive every failover.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/ids.h"
#include "controller/answer.h"
#include "controller/decision.h"
#include "controller/item_results.h"
#include "google/protobuf/message.h"
#include "metadata/metadata_image.h"
#include "quorate/common/v1/error.pb.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::controller {

// What makes two requests the same.
struct RequestIdentity {
  std::string principal;
  RequestId id;
  // Full name of the gRPC method.
  std::string method;
  // Of the request without its id.
  uint64_t hash = 0;
};

// INVALID_REQUEST: the client's uuid is not 16 bytes or zero, or the sequence is below 1.
std::variant<RequestId, common::v1::Error> ParseRequestId(const common::v1::RequestId& id);

// XXH3-64 of the deterministic serialization of `request`, whose request id must be cleared.
uint64_t HashRequest(const google::protobuf::Message& request);

// Nothing: the request is new, execute it. Otherwise what it is answered: the outcomes of its first
// execution; INVALID_REQUEST if the id belongs to another request; REQUEST_ID_EVICTED, outcome
// UNKNOWN, if its result is no longer remembered.
std::optional<Answer<ItemResults>> FindResult(const metadata::MetadataImage& image,
                                              const RequestIdentity& identity);

// Remembers the outcomes. Belongs into the batch of the request's own records.
metadata::v1::Record ResultRecord(const RequestIdentity& identity, const ItemResults& items);

// A request whose outcomes are remembered has at most this many items, so that they fit one entry
// whatever becomes of them.
inline constexpr size_t kMaxRememberedItems = 200'000;

// Adds the record that remembers what the request is answered, whatever that is: an id is answered
// once, by the log, and a refusal that only one attempt knew of would not keep a later attempt from
// being executed. An error of the whole request, which the record cannot hold, becomes an error of
// each of its `item_count` items. Very long error messages are cut, in the answer too. REQUIRES:
// item_count <= kMaxRememberedItems.
void Remember(const RequestIdentity& identity, size_t item_count, Decision<ItemResults>* decision);

}  // namespace quorate::controller
