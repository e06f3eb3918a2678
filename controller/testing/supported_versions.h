// The features that a broker of this program registers with.
#pragma once

#include <string>

#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

inline void AddMetadataVersions(broker::v1::RegisterBrokerRequest* request) {
  auto* feature = request->add_features();
  feature->set_name(std::string(metadata::kMetadataVersionFeature));
  feature->set_min_level(1);
  feature->set_max_level(metadata::kLatestMetadataVersion);
}

}  // namespace quorate::controller
