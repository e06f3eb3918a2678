// The name of the user that runs quoratectl, which some commands write to the metadata log.
#pragma once

#include <string>

namespace quorate::cli {

// Returns the user's name on this machine, or "uid N" if the user has no name.
std::string OperatorName();

}  // namespace quorate::cli
