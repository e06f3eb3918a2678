#include "controller/decide/quote.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"

namespace quorate::controller {

std::string Quote(std::string_view text) {
  constexpr size_t kMaxBytes = 60;
  const std::string_view head = text.substr(0, kMaxBytes);
  const std::string escaped = absl::CEscape({head.data(), head.size()});
  if (head.size() == text.size()) return absl::StrFormat("\"%s\"", escaped);
  return absl::StrFormat("\"%s...\" (%d bytes)", escaped, text.size());
}

}  // namespace quorate::controller
