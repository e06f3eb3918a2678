// The list of record families (record_family.h). A new family is one more line here.
//
// The order is the order of the families in snapshots and in the state hash, so it is part of the
// format: add a family at the end. A record must not need a later family to be replayed from a
// snapshot; configs, for example, need their topic.
#pragma once

#include "metadata/families/brokers.h"
#include "metadata/families/configs.h"
#include "metadata/families/features.h"
#include "metadata/families/producer_ids.h"
#include "metadata/families/request_results.h"
#include "metadata/families/topics.h"
#include "metadata/record_family.h"

namespace quorate::metadata {

using Families = FamilyList<FeaturesImage, BrokersImage, TopicsImage, ConfigsImage,
                            RequestResultsImage, ProducerIdsImage>;

}  // namespace quorate::metadata
