// Builds the response to DescribeCluster from the committed image and from the soft state of the
// active controller.
#pragma once

#include <string>

#include "controller/broker_watch.h"
#include "controller/decide/partitions/partition_tally.h"
#include "controller/request_pipeline.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// `watch` is null on a controller that is not active. The caller fills in `controllers`.
admin::v1::DescribeClusterResponse DescribeCluster(const std::string& cluster_id,
                                                   const RequestPipeline& pipeline,
                                                   const BrokerWatch* watch, MonoTime now);

}  // namespace quorate::controller
