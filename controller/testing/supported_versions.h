// The features that a broker of this program registers with.
#pragma once

#include <string>
#include <string_view>

#include "metadata/broker_details.h"
#include "metadata/feature_table.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

inline void AddSupportedFeature(broker::v1::RegisterBrokerRequest* request, std::string_view name,
                                uint32_t min_level, uint32_t max_level) {
  auto* feature = request->add_features();
  feature->set_name(std::string(name));
  feature->set_min_level(min_level);
  feature->set_max_level(max_level);
}

inline void AddSupportedFeatures(broker::v1::RegisterBrokerRequest* request) {
  AddSupportedFeature(request, metadata::kMetadataVersionFeature, 1,
                      metadata::kLatestMetadataVersion);
  AddSupportedFeature(request, metadata::kEligibleLeaderReplicasFeature, 0, 1);
}

}  // namespace quorate::controller
