// Quotes text of a request for an error message: short and without control characters.
#pragma once

#include <string>
#include <string_view>

namespace quorate::controller {

// Returns `text` escaped and in double quotes. Text of more than 60 bytes is cut, and the result
// says so.
std::string Quote(std::string_view text);

}  // namespace quorate::controller
