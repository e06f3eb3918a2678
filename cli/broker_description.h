// quoratectl brokers describe: what brokers registered with, and which of their log directories
// have failed.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddBrokerDescription(CommandLine& line, CLI::App* brokers);

// Returns a block of lines about one broker.
std::string BrokerText(const admin::v1::Broker& broker);

}  // namespace quorate::cli
