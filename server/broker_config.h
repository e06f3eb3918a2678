// What quorate-broker can be told, and its checks: everything that can be refused before anything
// is opened is refused here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/host_port.h"
#include "base/ids.h"
#include "server/process_config.h"

namespace quorate::server {

struct BrokerConfig : ProcessConfig {
  BrokerId broker_id;
  std::string rack;
  // Empty: the broker keeps nothing.
  std::string data_dir;

  HostPort listen;
  // Port 0 where `listen` has port 0 and nothing else is advertised: the bound port.
  HostPort advertise;
  std::vector<HostPort> bootstrap;
  // Empty: none is written.
  std::string ready_file;

  Duration heartbeat_interval{};
  Duration registration_timeout{};
  Duration controlled_shutdown_timeout{};
};

// Reads the configuration (LoadConfig). kShown: `config` is not written. INVALID_ARGUMENT and
// NOT_FOUND are one line.
absl::StatusOr<ConfigOutcome> LoadBrokerConfig(
    int argc, const char* const* argv, const std::map<std::string, std::string>& environment,
    BrokerConfig* config);

}  // namespace quorate::server
