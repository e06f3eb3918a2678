// Decides changes of finalized feature levels (KIP-584). The feature "metadata.version" is the
// version of the log's record formats. A program that does not support the version of the log ends
// when it replays the record that raises it. So this level is raised only if every program that
// follows the log is known to support it. The other features are in metadata/feature_table.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/ids.h"
#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "raft/api/quorum_status.h"

namespace quorate::controller {

// What the active controller knows about the programs of the cluster besides the image.
struct SupportEvidence {
  // As this controller, which leads, sees it.
  raft::QuorumStatus quorum;
  // The highest metadata version that each broker in session supports. 0 if the broker has not sent
  // a heartbeat to this controller yet.
  std::map<BrokerId, uint32_t> brokers;
};

// Changes finalized levels. A level that the feature has already is a success without a record.
// With validate_only there are no records. If the features end the eligible leader replicas
// (KIP-966), all partitions first lose theirs (EndEligibleReplicas), in parts if there are many
// (`again`).
//
// Errors of items: INVALID_REQUEST (the feature is named twice), INVALID_UPDATE_VERSION (there is
// no such feature; the update lowers the level without `downgrade`, or raises it with `downgrade`;
// or a program does not support it, or is not known to: for metadata.version this one, a voter, an
// observer or broker in session, for other features (feature_levels.h) a registered broker. The
// message names up to ten of them with the remedy).
Decision<ItemResults> DecideUpdateFeatures(const View& view,
                                           const admin::v1::UpdateFeaturesRequest& request,
                                           const SupportEvidence& evidence, const Context& context);

// Builds the response. The caller sets `end_offset`. REQUIRES: `items` are the results of this
// request.
admin::v1::UpdateFeaturesResponse ToResponse(const admin::v1::UpdateFeaturesRequest& request,
                                             const ItemResults& items);

inline size_t ItemCount(const admin::v1::UpdateFeaturesRequest& request) {
  return static_cast<size_t>(request.updates_size());
}

// As for topics (topic_decisions.h).
std::optional<common::v1::Error> CheckSize(const admin::v1::UpdateFeaturesRequest& request,
                                           const RequestLimits& limits);
bool IsLarge(const admin::v1::UpdateFeaturesRequest& request, const metadata::MetadataImage& image);

}  // namespace quorate::controller
