// quoratectl events: the story of the cluster.
#pragma once

#include <string>

#include "cli/command_line.h"
#include "quorate/metadata/v1/cluster_event.pb.h"

namespace quorate::cli {

// Adds the command to the command line.
void AddEvents(CommandLine& line);

// Returns the event as a line of text, with its newline. `is_first` says whether it is the first
// event of its entry. The other events of an entry do not repeat its cause and principal.
std::string EventText(const metadata::v1::ClusterEvent& event, bool is_first);

}  // namespace quorate::cli
