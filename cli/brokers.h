// quoratectl brokers: the brokers as the controllers see them (list), a broker's own view (view),
// and the removal of a registration (unregister).
#pragma once

#include <string>

#include "cli/command_line.h"
#include "client/probes.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddBrokers(CommandLine& line);

// Returns, for example, "fenced, 1 log directory failed".
std::string BrokerStateText(const admin::v1::Broker& broker);

// Returns a table with a line for each broker.
std::string BrokersText(const admin::v1::DescribeClusterResponse& cluster);

// Returns a broker's state, then its roles, then its topics if the view includes them.
std::string BrokerViewText(const client::BrokerView& view);

}  // namespace quorate::cli
