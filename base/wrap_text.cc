#include "base/wrap_text.h"

#include "absl/strings/str_split.h"

namespace quorate {
namespace {

void WrapParagraph(const std::string& paragraph, const std::string& margin, size_t columns,
                   std::string& result) {
  std::string line = margin;
  for (const auto piece : absl::StrSplit(paragraph, ' ', absl::SkipEmpty())) {
    const std::string word(piece);
    const bool first = line.size() == margin.size();
    if (!first && line.size() + 1 + word.size() > columns) {
      result += line + "\n";
      line = margin + word;
    } else {
      line += first ? word : " " + word;
    }
  }
  result += line + "\n";
}

}  // namespace

std::string WrapText(const std::string& text, int indent, int columns) {
  const std::string margin(static_cast<size_t>(indent), ' ');
  std::string result;
  for (const auto piece : absl::StrSplit(text, '\n')) {
    const std::string line(piece);
    if (line.empty()) {
      result += "\n";
    } else if (line.starts_with(' ')) {
      result += margin + line + "\n";
    } else {
      WrapParagraph(line, margin, static_cast<size_t>(columns), result);
    }
  }
  return result;
}

}  // namespace quorate
