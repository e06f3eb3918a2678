#include "server/metrics/broker_metrics.h"

#include <string>

#include "absl/strings/ascii.h"
#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

using broker::v1::DescribeBrokerResponse;

// Adds an age unless it is -1, which means that there is none.
void AddAge(const Metric& metric, int64_t age_ms, MetricsPage& page) {
  if (age_ms >= 0) page.Add(metric, static_cast<double>(age_ms) / 1000);
}

}  // namespace

void AddBrokerSessionMetrics(const DescribeBrokerResponse& session, int64_t heartbeat_streams,
                             MetricsPage& page) {
  for (const auto state : {DescribeBrokerResponse::STARTING, DescribeBrokerResponse::FENCED,
                           DescribeBrokerResponse::RUNNING, DescribeBrokerResponse::NO_CONTROLLER,
                           DescribeBrokerResponse::CONTROLLED_SHUTDOWN}) {
    page.Add(kBrokerState, state == session.state() ? 1 : 0,
             {{"state", absl::AsciiStrToLower(DescribeBrokerResponse::State_Name(state))}});
  }
  page.Add(kBrokerEpoch, static_cast<double>(session.broker_epoch()));
  AddAge(kBrokerLastContact, session.last_contact_age_ms(), page);
  page.Add(kBrokerHeartbeatStreams, static_cast<double>(heartbeat_streams));
}

void AddBrokerMetadataMetrics(const DescribeBrokerResponse& metadata, int64_t subscriptions,
                              MetricsPage& page) {
  page.Add(kBrokerLeads, metadata.leader_count());
  page.Add(kBrokerFollows, metadata.follower_count());
  page.Add(kBrokerMetadataOffset, static_cast<double>(metadata.metadata_end_offset()));
  AddAge(kBrokerLastMetadata, metadata.last_metadata_age_ms(), page);
  page.Add(kBrokerSubscriptions, static_cast<double>(subscriptions));
}

}  // namespace quorate::server
