// Goes through topics page by page. Used for reads on every controller.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "controller/answer.h"
#include "controller/decide/leaders/leader_election.h"
#include "google/protobuf/repeated_field.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Returns the place that a cursor names, or INVALID_REQUEST if it is malformed.
Answer<PartitionPlace> PlaceOf(const admin::v1::TopicCursor& cursor);

// A request for a page may name this many topics.
inline constexpr int kMaxNamedTopics = 1'000;

// Returns where the page of a request begins, or INVALID_REQUEST if its cursor `from` is malformed.
// Without a cursor, that is the first partition.
template <typename Request>
Answer<PartitionPlace> BeginOf(const Request& request) {
  return request.has_from() ? PlaceOf(request.from()) : PartitionPlace();
}
// Returns the cursor of a place.
admin::v1::TopicCursor CursorOf(const PartitionPlace& place);

// Returns POLICY_VIOLATION if a request for a page names too many topics.
std::optional<common::v1::Error> CheckNameCount(
    const google::protobuf::RepeatedPtrField<std::string>& names);

// Calls `visit` for the topics with these names, or for all topics if there are no names, in the
// order of their ids, from `from` on, until it returns false. Its second argument is the first
// partition to look at. Names that no topic has are left out.
void VisitTopics(const metadata::MetadataImage& image,
                 const google::protobuf::RepeatedPtrField<std::string>& names,
                 const PartitionPlace& from,
                 absl::FunctionRef<bool(const metadata::TopicImage&, int32_t first)> visit);

}  // namespace quorate::controller
