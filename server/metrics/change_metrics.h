// Metrics of what the active controller does to the leaders and ISRs of partitions.
#pragma once

#include "controller/partition_instruments.h"
#include "server/metrics/metrics_page.h"

namespace quorate::server {

void AddChangeMetrics(const controller::PartitionInstruments& instruments, MetricsPage& page);

}  // namespace quorate::server
