#include "controller/request_ids.h"

#include <xxhash.h>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"
#include "metadata/record_builders.h"

namespace quorate::controller {

std::variant<RequestId, common::v1::Error> ParseRequestId(const common::v1::RequestId& id) {
  const auto client = Uuid::FromBytes(id.client_uuid());
  if (!client || client->is_zero()) {
    return MakeError(
        common::v1::INVALID_REQUEST,
        "request_id.client_uuid is not 16 bytes, or zero: choose it at random once for "
        "each client, or leave request_id out");
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
          absl::StrFormat("what became of %s is no longer remembered; look whether its "
                          "changes were made",
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

}  // namespace quorate::controller
