// Two controllers, of which the first is active, and three unfenced brokers. Everything is
// committed at once.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

#include "base/check.h"
#include "controller/testing/controller_cluster.h"

namespace quorate::controller {

class ControllerFixture : public ::testing::Test {
 protected:
  ControllerFixture() {
    cluster_.Elect(1);
    cluster_.quorum().CommitAtOnce(true);
    for (int32_t id = 1; id <= 3; ++id) cluster_.BringUp(id);
  }

  // Holds commits until the test commits.
  void HoldCommits() { cluster_.quorum().CommitAtOnce(false); }

  ControllerCluster cluster_{2};
};

// Also topic "t", whose partition i has the replicas i + 1 and i + 2 (modulo 3).
class TopicFixture : public ControllerFixture {
 protected:
  TopicFixture() {
    admin::v1::CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name("t");
    for (const int32_t id : {1, 2, 3}) {
      auto* assignment = topic->add_assignments();
      assignment->add_broker_ids(id);
      assignment->add_broker_ids(id % 3 + 1);
    }
    CHECK(cluster_.Create(request).ok());
  }
};

}  // namespace quorate::controller
