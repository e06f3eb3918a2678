// The time settings of quorate-controller, their profiles and their checks.
#pragma once

#include "absl/status/status.h"
#include "server/program/config.h"
#include "server/program/controller_config.h"

namespace quorate::server {

// The options write to `config`, which must outlive them.
OptionGroup TimingOptions(ControllerConfig& config);

// Returns INVALID_ARGUMENT if the times contradict each other, whatever their source.
absl::Status CheckTiming(const ControllerConfig& config);

}  // namespace quorate::server
