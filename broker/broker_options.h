// A broker's identity and its timeouts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/uuid.h"

namespace quorate::broker {

struct BrokerOptions {
  std::string cluster_id;
  BrokerId broker_id;
  // New with every start of the process.
  Uuid incarnation_id;
  std::string rack;
  // The ids of the broker's log directories (KIP-858); at most 64. Empty if it has no data.
  std::vector<Uuid> log_directories = {};
  // The controllers' client endpoints. The broker dials only these and the active controller that
  // one of them names. Not empty.
  std::vector<std::string> bootstrap;

  Duration heartbeat_interval = std::chrono::seconds(1);
  // The interval while the broker starts, is fenced or wants to stop.
  Duration eager_heartbeat_interval = std::chrono::milliseconds(50);
  // A heartbeat that is not answered for this long ends the stream.
  Duration heartbeat_answer_timeout = std::chrono::seconds(2);
  // Without an answer for this long, the broker's state is NO_CONTROLLER.
  Duration no_controller_after = std::chrono::seconds(3);
  // A subscription that delivers nothing useful for this long is replaced by one to another
  // controller. Controllers send something every second.
  Duration metadata_idle_timeout = std::chrono::seconds(3);
  // How long the broker keeps trying to register an id that another live process holds.
  Duration registration_timeout = std::chrono::seconds(60);
  // How long a controlled shutdown may take before the broker stops without it.
  Duration controlled_shutdown_timeout = std::chrono::seconds(5);
  // The timeout of one attempt of a unary call.
  Duration call_timeout = std::chrono::seconds(5);
  // The seed for jitter.
  uint64_t seed = 0;
};

}  // namespace quorate::broker
