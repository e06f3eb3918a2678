#include "server/metrics/peer_metrics.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace quorate::server {
namespace {

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(PeerMetricsTest, EachPeerAndEachReasonIsASample) {
  const auto two = std::make_shared<PeerMetrics>();
  two->failed_dials.Add(3);
  two->opened_streams.Add(6);
  two->ended_streams.Add(2);
  two->deaths.Add();
  two->sent_messages.Add(10);
  two->sent_bytes.Add(1000);
  two->received_messages.Add(20);
  two->received_bytes.Add(2000);
  StreamRefusalCounts refusals;
  refusals[static_cast<size_t>(StreamRefusal::kOtherProcess)].Add(4);
  refusals[static_cast<size_t>(StreamRefusal::kSilent)].Add(5);
  MetricsPage page;
  AddPeerMetrics({{NodeId(2), two}, {NodeId(3), std::make_shared<PeerMetrics>()}}, refusals, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_peer_failed_dials_total{peer=\"2\"} 3");
  ExpectSample(text, "quorate_peer_failed_dials_total{peer=\"3\"} 0");
  ExpectSample(text, "quorate_peer_opened_streams_total{peer=\"2\"} 6");
  ExpectSample(text, "quorate_peer_ended_streams_total{peer=\"2\"} 2");
  ExpectSample(text, "quorate_peer_deaths_total{peer=\"2\"} 1");
  ExpectSample(text, "quorate_peer_sent_messages_total{peer=\"2\"} 10");
  ExpectSample(text, "quorate_peer_sent_bytes_total{peer=\"2\"} 1000");
  ExpectSample(text, "quorate_peer_received_messages_total{peer=\"2\"} 20");
  ExpectSample(text, "quorate_peer_received_bytes_total{peer=\"2\"} 2000");
  ExpectSample(text, "quorate_peer_refused_streams_total{reason=\"hello\"} 0");
  ExpectSample(text, "quorate_peer_refused_streams_total{reason=\"other_process\"} 4");
  ExpectSample(text, "quorate_peer_refused_streams_total{reason=\"silent\"} 5");
}

}  // namespace
}  // namespace quorate::server
