// quoratectl brokers: what the controllers know of the brokers (list), and what a broker believes
// of itself (view).
#pragma once

#include <string>

#include "cli/command_line.h"
#include "client/probes.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddBrokers(CommandLine& line);

// A table with a line for each broker.
std::string BrokersText(const admin::v1::DescribeClusterResponse& cluster);

// A broker's state, then its roles, then its topics where the view has them.
std::string BrokerViewText(const client::BrokerView& view);

}  // namespace quorate::cli
