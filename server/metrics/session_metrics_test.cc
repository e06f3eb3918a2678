#include "server/metrics/session_metrics.h"

#include <gtest/gtest.h>

#include <string>

#include "server/metrics/change_metrics.h"

namespace quorate::server {
namespace {

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(SessionMetricsTest, NamesStatesAndCauses) {
  controller::BrokerInstruments instruments;
  instruments.registrations.Add(5);
  instruments.CountFence(controller::FenceCause::kStopped);
  for (int i = 0; i < 2; ++i) instruments.CountFence(controller::FenceCause::kSilent);
  for (int i = 0; i < 3; ++i) instruments.CountFence(controller::FenceCause::kRequested);
  instruments.heartbeat_lateness.Observe(0.02);
  MetricsPage page;
  AddBrokerMetrics(instruments, page);
  AddSessionMetrics({.in_contact = 3, .lost = 2, .waiting = 1}, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_broker_registrations_total 5");
  ExpectSample(text, "quorate_broker_unfences_total 0");
  ExpectSample(text, "quorate_broker_fences_total{cause=\"stopped\"} 1");
  ExpectSample(text, "quorate_broker_fences_total{cause=\"silent\"} 2");
  ExpectSample(text, "quorate_broker_fences_total{cause=\"requested\"} 3");
  ExpectSample(text, "quorate_broker_fences_total{cause=\"proved_dead\"} 0");
  ExpectSample(text, "quorate_heartbeat_lateness_seconds_bucket{le=\"0.025\"} 1");
  ExpectSample(text, "quorate_broker_sessions{state=\"in_contact\"} 3");
  ExpectSample(text, "quorate_broker_sessions{state=\"lost\"} 2");
  ExpectSample(text, "quorate_broker_sessions{state=\"waiting\"} 1");
}

TEST(ChangeMetricsTest, NamesCauses) {
  controller::PartitionInstruments instruments;
  instruments.Count(controller::ElectionCause::kFence, {.elections = 1, .isr_shrinks = 1},
                    {.elections = 4,
                     .unclean_elections = 1,
                     .leaders_lost = 2,
                     .isr_shrinks = 6,
                     .isr_expands = 7});
  MetricsPage page;
  AddChangeMetrics(instruments, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_partition_elections_total{cause=\"fence\"} 3");
  ExpectSample(text, "quorate_partition_elections_total{cause=\"unclean\"} 1");
  ExpectSample(text, "quorate_partition_elections_total{cause=\"other\"} 0");
  ExpectSample(text, "quorate_partition_leaders_lost_total 2");
  ExpectSample(text, "quorate_isr_shrinks_total 5");
  ExpectSample(text, "quorate_isr_expands_total 7");
}

}  // namespace
}  // namespace quorate::server
