// Who a broker is and how long it waits for what.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"

namespace quorate::broker {

struct BrokerOptions {
  std::string cluster_id;
  BrokerId broker_id;
  // New with every start of the process.
  Uuid incarnation_id;
  std::string rack;
  // The controllers' client endpoints: all that a broker ever dials, besides the active controller
  // that one of them names. Not empty.
  std::vector<std::string> bootstrap;

  Duration heartbeat_interval = std::chrono::seconds(1);
  // While the broker starts, is fenced or wants to stop.
  Duration eager_heartbeat_interval = std::chrono::milliseconds(50);
  // A heartbeat that is not answered for so long ends the stream.
  Duration heartbeat_answer_timeout = std::chrono::seconds(2);
  // No answer for so long: NO_CONTROLLER.
  Duration no_controller_after = std::chrono::seconds(3);
  // A subscription that says nothing of use for so long is given up for another controller's; they
  // speak each second.
  Duration metadata_idle_timeout = std::chrono::seconds(3);
  // How long a broker asks for an id that another live process holds.
  Duration registration_timeout = std::chrono::seconds(60);
  // How long a controlled shutdown may take before the broker stops as it is.
  Duration controlled_shutdown_timeout = std::chrono::seconds(5);
  // One attempt of a unary call.
  Duration call_timeout = std::chrono::seconds(5);
  // For jitter.
  uint64_t seed = 0;
};

}  // namespace quorate::broker
