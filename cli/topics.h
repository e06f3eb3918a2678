// quoratectl topics: create, delete, elect-leader, list, describe.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::cli {

void AddTopics(CommandLine& line);

// Returns a line for the topic and one for each partition, like kafka-topics --describe.
std::string TopicText(const admin::v1::TopicDescription& topic);
// Returns a line for each partition of the topic.
std::string PartitionsText(const admin::v1::TopicDescription& topic);

}  // namespace quorate::cli
