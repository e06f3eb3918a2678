// Options that every server program has, for the process itself. Each option is defined once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/host_port.h"
#include "server/node/limits.h"
#include "server/program/config.h"

namespace quorate::server {

inline constexpr char kMetricsListenOption[] = "metrics-listen";

struct ProcessConfig {
  std::string cluster_id;
  // "debug", "info", "warning" or "error".
  std::string log_level;
  // "text" or "json".
  std::string log_format;
  // Empty: standard error.
  std::string log_dir;
  std::string failpoints;
  // nullopt: no metrics listener.
  std::optional<HostPort> metrics_listen;
  // Of the port for clients.
  ConnectionLimits connection_limits = kConnectionLimits;
  // Refuse to listen in plain text where other machines can connect.
  bool require_tls = false;
  // Empty: there is none.
  std::string roles_file;
  // Values that are valid but questionable, one sentence each, for the process's log.
  std::vector<std::string> warnings;
  // 0 takes the seed from the operating system.
  int64_t seed = 0;
};

// The options write to `config`, which must outlive them.
Option ClusterIdOption(ProcessConfig& config);
Option MetricsListenOption(ProcessConfig& config);
OptionGroup ConnectionOptions(ProcessConfig& config);
OptionGroup LogAndTestOptions(ProcessConfig& config);

}  // namespace quorate::server
