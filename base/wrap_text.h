// Prose for a terminal: the programs' manuals.
#pragma once

#include <string>

namespace quorate {

// `text` in lines of at most `columns`, each indented and with its newline. A line of the text that
// begins with a space stays as it is; an empty one separates paragraphs.
std::string WrapText(const std::string& text, int indent, int columns = 80);

}  // namespace quorate
