// Wraps prose for a terminal, such as the programs' manuals.
#pragma once

#include <string>

namespace quorate {

// Returns `text` in lines of at most `columns` characters, each indented by `indent` spaces and
// ended by a newline. A line of `text` that begins with a space is not wrapped. An empty line
// separates paragraphs.
std::string WrapText(const std::string& text, int indent, int columns = 80);

}  // namespace quorate
