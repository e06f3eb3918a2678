#include "server/metrics/broker_metrics.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::server {
namespace {

using broker::v1::DescribeBrokerResponse;

void ExpectSample(const std::string& page, const std::string& sample) {
  EXPECT_NE(page.find("\n" + sample + "\n"), std::string::npos) << sample << " is not in\n" << page;
}

TEST(BrokerMetricsTest, ABrokerThatRuns) {
  DescribeBrokerResponse session;
  session.set_state(DescribeBrokerResponse::RUNNING);
  session.set_broker_epoch(17);
  session.set_last_contact_age_ms(250);
  DescribeBrokerResponse metadata;
  metadata.set_leader_count(3);
  metadata.set_follower_count(4);
  metadata.set_metadata_end_offset(90);
  metadata.set_last_metadata_age_ms(1'500);
  MetricsPage page;
  AddBrokerSessionMetrics(session, 2, page);
  AddBrokerMetadataMetrics(metadata, 5, page);
  const std::string text = page.Render();
  ExpectSample(text, "quorate_broker_state{state=\"running\"} 1");
  ExpectSample(text, "quorate_broker_state{state=\"no_controller\"} 0");
  ExpectSample(text, "quorate_broker_epoch 17");
  ExpectSample(text, "quorate_broker_last_contact_seconds 0.25");
  ExpectSample(text, "quorate_broker_led_partitions 3");
  ExpectSample(text, "quorate_broker_followed_partitions 4");
  ExpectSample(text, "quorate_broker_metadata_end_offset 90");
  ExpectSample(text, "quorate_broker_last_metadata_seconds 1.5");
  ExpectSample(text, "quorate_broker_heartbeat_streams_total 2");
  ExpectSample(text, "quorate_broker_subscriptions_total 5");
}

TEST(BrokerMetricsTest, WhatIsNotKnownIsOmitted) {
  DescribeBrokerResponse nothing;
  nothing.set_last_contact_age_ms(-1);
  nothing.set_last_metadata_age_ms(-1);
  MetricsPage page;
  AddBrokerSessionMetrics(nothing, 0, page);
  AddBrokerMetadataMetrics(nothing, 0, page);
  const std::string text = page.Render();
  EXPECT_EQ(text.find("contact"), std::string::npos);
  EXPECT_EQ(text.find("last_metadata"), std::string::npos);
}

}  // namespace
}  // namespace quorate::server
