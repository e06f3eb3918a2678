// DescribeCluster's answer: the committed image, and what the active controller alone knows.
#pragma once

#include <string>

#include "controller/broker_watch.h"
#include "controller/partition_tally.h"
#include "controller/request_pipeline.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// `watch`: null on a controller that is not active. `controllers` is left to the caller.
admin::v1::DescribeClusterResponse DescribeCluster(const std::string& cluster_id,
                                                   const RequestPipeline& pipeline,
                                                   const BrokerWatch* watch, MonoTime now);

}  // namespace quorate::controller
