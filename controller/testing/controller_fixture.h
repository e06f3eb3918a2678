// Two controllers, of which the first is active, and three unfenced brokers. Everything is
// committed at once.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>

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

}  // namespace quorate::controller
