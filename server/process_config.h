// What every server program is told about itself as a process, with one definition of its options.
#pragma once

#include <cstdint>
#include <string>

#include "server/config.h"

namespace quorate::server {

struct ProcessConfig {
  std::string cluster_id;
  // "debug", "info", "warning" or "error"; empty log_dir: standard error.
  std::string log_level;
  std::string log_dir;
  std::string failpoints;
  // 0: from the operating system.
  uint64_t seed = 0;
};

// Both write to `config`, which must outlive what is returned.
Option ClusterIdOption(ProcessConfig& config);
OptionGroup LogAndTestOptions(ProcessConfig& config);

}  // namespace quorate::server
