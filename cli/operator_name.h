// Who runs quoratectl, for what the log keeps of it.
#pragma once

#include <string>

namespace quorate::cli {

// The user's name on this machine; "uid N" where it has none.
std::string OperatorName();

}  // namespace quorate::cli
