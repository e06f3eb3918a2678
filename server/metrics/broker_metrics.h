// Metrics of a broker.
#pragma once

#include <cstdint>

#include "quorate/broker/v1/broker_view_service.pb.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

// What the broker's two loops know (broker::Broker::DescribeSession and DescribeMetadata), and how
// many streams and subscriptions it has started.
void AddBrokerSessionMetrics(const broker::v1::DescribeBrokerResponse& session,
                             int64_t heartbeat_streams, MetricsPage& page);
void AddBrokerMetadataMetrics(const broker::v1::DescribeBrokerResponse& metadata,
                              int64_t subscriptions, MetricsPage& page);

}  // namespace quorate::server
