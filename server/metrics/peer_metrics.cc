#include "server/metrics/peer_metrics.h"

#include <array>
#include <string>
#include <string_view>

#include "server/metrics/metric_table.h"

namespace quorate::server {
namespace {

// In the order of StreamRefusal.
constexpr std::array<std::string_view, kStreamRefusals> kReasons = {
    "hello", "other_process", "too_many", "malformed", "silent"};

}  // namespace

void AddPeerMetrics(const PeerMetricsMap& peers, const StreamRefusalCounts& refusals,
                    MetricsPage& page) {
  for (const auto& [id, peer] : peers) {
    const MetricLabels labels = {{"peer", std::to_string(id.value())}};
    page.Add(kPeerFailedDials, peer->failed_dials, labels);
    page.Add(kPeerOpenedStreams, peer->opened_streams, labels);
    page.Add(kPeerEndedStreams, peer->ended_streams, labels);
    page.Add(kPeerDeaths, peer->deaths, labels);
    page.Add(kPeerSentMessages, peer->sent_messages, labels);
    page.Add(kPeerSentBytes, peer->sent_bytes, labels);
    page.Add(kPeerReceivedMessages, peer->received_messages, labels);
    page.Add(kPeerReceivedBytes, peer->received_bytes, labels);
  }
  for (size_t i = 0; i < kReasons.size(); ++i) {
    page.Add(kPeerRefusedStreams, refusals[i], {{"reason", std::string(kReasons[i])}});
  }
}

}  // namespace quorate::server
