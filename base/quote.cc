#include "base/quote.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"

namespace quorate {

std::string Printable(std::string_view text, size_t max_bytes) {
  const std::string_view head = text.substr(0, max_bytes);
  std::string printable = absl::CEscape({head.data(), head.size()});
  if (head.size() < text.size()) printable += "...";
  return printable;
}

std::string Quote(std::string_view text) {
  constexpr size_t kMaxBytes = 60;
  std::string quoted = absl::StrFormat("\"%s\"", Printable(text, kMaxBytes));
  if (text.size() <= kMaxBytes) return quoted;
  return absl::StrFormat("%s (%d bytes)", quoted, text.size());
}

}  // namespace quorate
