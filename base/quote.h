// Text from outside in messages for people: short and without control characters, so that it
// neither fills a log nor changes what a terminal shows.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace quorate {

// Returns `text` with backslash escapes for quotes, control characters and everything that is not
// ASCII. Text of more than `max_bytes` bytes is cut and ends with "...".
std::string Printable(std::string_view text, size_t max_bytes = 128);

// Returns `text` in double quotes, as Printable writes it. Text of more than 60 bytes is cut, and
// the result says so.
std::string Quote(std::string_view text);

}  // namespace quorate
