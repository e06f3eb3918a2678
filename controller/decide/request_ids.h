// Implements retries. A mutating request with a request id that this or an earlier active
// controller has executed gets its first answer again. The answers are in the image
// (RequestResultRecord), so they survive every failover.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/ids.h"
#include "controller/answer.h"
#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "google/protobuf/message.h"
#include "metadata/metadata_image.h"
#include "quorate/common/v1/error.pb.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::controller {

// Two requests with equal identities are attempts of the same request.
struct RequestIdentity {
  std::string principal;
  RequestId id;
  // The operation's name in the log (Operation::log_name).
  std::string method;
  // The hash of the request without its id (HashRequest).
  uint64_t hash = 0;
};

// Returns INVALID_REQUEST if the client's uuid is not 16 bytes or is zero, or if the sequence is
// below 1.
std::variant<RequestId, common::v1::Error> ParseRequestId(const common::v1::RequestId& id);

// Returns the XXH3-64 of the deterministic serialization of `request`, whose request id must be
// cleared.
uint64_t HashRequest(const google::protobuf::Message& request);

// Returns nullopt if the request is new and must be executed. Otherwise returns its answer: the
// results of the first execution; INVALID_REQUEST if the id belongs to another request;
// REQUEST_ID_EVICTED, outcome UNKNOWN, if the result is no longer stored.
std::optional<Answer<ItemResults>> FindResult(const metadata::MetadataImage& image,
                                              const RequestIdentity& identity);

// Returns the record that stores the results. It must be in the batch of the request's own records.
metadata::v1::Record ResultRecord(const RequestIdentity& identity, const ItemResults& items);

// A request whose results are stored has at most this many items. The results then fit in one
// entry, whatever they are.
inline constexpr size_t kMaxRememberedItems = 200'000;

// Adds the record that stores the answer to the request, whatever the answer is. An id is answered
// once, by the log. If a refusal were not stored, a later attempt could still be executed.
//
// The record cannot hold an error of the whole request, so such an error becomes an error of each
// of its `item_count` items. Very long error messages are cut, also in the answer. REQUIRES:
// item_count <= kMaxRememberedItems.
void Remember(const RequestIdentity& identity, size_t item_count, Decision<ItemResults>* decision);

}  // namespace quorate::controller
