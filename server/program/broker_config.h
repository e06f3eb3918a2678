// The configuration of quorate-broker and its checks. Every mistake that can be found before
// anything is opened is refused here.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/host_port.h"
#include "base/ids.h"
#include "security/tls_files.h"
#include "server/program/process_config.h"

namespace quorate::server {

struct BrokerConfig : ProcessConfig {
  BrokerId broker_id;
  std::string rack;
  // Empty: the broker has no data directory.
  std::string data_dir;

  HostPort listen;
  // Of the listener and the connections to controllers; not set: plain text.
  security::TlsFiles tls;
  // Port 0 means the bound port. It is 0 only if `listen` has port 0 and --advertise is not given.
  HostPort advertise;
  std::vector<HostPort> bootstrap;
  // Empty: no ready file is written.
  std::string ready_file;

  Duration heartbeat_interval{};
  Duration registration_timeout{};
  Duration controlled_shutdown_timeout{};
};

// Reads the configuration with LoadConfig and checks it. Writes `config` only if it returns kRun.
// Errors are INVALID_ARGUMENT or NOT_FOUND, with a message of one line.
absl::StatusOr<ConfigOutcome> LoadBrokerConfig(
    int argc, const char* const* argv, const std::map<std::string, std::string>& environment,
    BrokerConfig* config);

// Returns the part of docs/configuration.md about this program.
std::string DescribeBrokerOptions();

}  // namespace quorate::server
