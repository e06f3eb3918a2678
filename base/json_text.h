// Writes strings in JSON, for lines that other programs read.
#pragma once

#include <string>
#include <string_view>

namespace quorate {

// Appends `text` to `json` as a JSON string, in quotes. Control characters are escaped, and bytes
// that are not UTF-8 become U+FFFD.
void AppendJsonString(std::string_view text, std::string* json);

}  // namespace quorate
