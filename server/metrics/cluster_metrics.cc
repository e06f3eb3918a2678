#include "server/metrics/cluster_metrics.h"

#include "server/metrics/metric_table.h"

namespace quorate::server {

void AddClusterMetrics(const controller::ClusterStatus& status, MetricsPage& page) {
  const metadata::MetadataImage& image = status.image;
  page.Add(kAppliedOffset, static_cast<double>(image.end_offset().value()));
  page.Add(kMetadataVersion, image.metadata_version());
  int active = 0;
  int fenced = 0;
  int shutting_down = 0;
  for (const auto& [id, broker] : image.brokers()) {
    if (broker->fenced) {
      ++fenced;
    } else if (broker->in_controlled_shutdown) {
      ++shutting_down;
    } else {
      ++active;
    }
  }
  page.Add(kBrokers, active, {{"state", "active"}});
  page.Add(kBrokers, fenced, {{"state", "fenced"}});
  page.Add(kBrokers, shutting_down, {{"state", "shutting_down"}});
  page.Add(kTopics, static_cast<double>(image.topic_count()));
  page.Add(kPartitions, static_cast<double>(image.partition_count()));
  const controller::PartitionTally::Counts& partitions = status.partitions;
  page.Add(kOfflinePartitions, static_cast<double>(partitions.offline));
  page.Add(kUnderReplicatedPartitions, static_cast<double>(partitions.under_replicated));
  page.Add(kUnderMinIsrPartitions, static_cast<double>(partitions.under_min_isr));
  page.Add(kAtMinIsrPartitions, static_cast<double>(partitions.at_min_isr));
  page.Add(kNotLedByPreferred, static_cast<double>(partitions.not_led_by_preferred));
  page.Add(kRememberedRequests, static_cast<double>(image.request_result_count()));
}

}  // namespace quorate::server
