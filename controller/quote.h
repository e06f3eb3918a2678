// Words of a request as they may stand in an error message: short, and without control characters.
#pragma once

#include <string>
#include <string_view>

namespace quorate::controller {

// "text" in quotes, escaped; cut after 60 bytes, which is then said.
std::string Quote(std::string_view text);

}  // namespace quorate::controller
