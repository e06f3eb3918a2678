// quoratectl brokers drain and undrain.
#pragma once

#include "cli/command_line.h"

namespace quorate::cli {

void AddBrokerDrain(CommandLine& line, CLI::App* brokers);

}  // namespace quorate::cli
