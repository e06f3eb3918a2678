#include "metadata/topic_name.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "base/quote.h"

namespace quorate::metadata {

absl::Status ValidateTopicName(std::string_view name) {
  if (name.empty()) return absl::InvalidArgumentError("the topic name is empty");
  if (name.size() > kMaxTopicNameBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the topic name \"%s\" has %d characters; the maximum is %d",
                        Printable(name, 20), name.size(), kMaxTopicNameBytes));
  }
  if (name == "." || name == "..") {
    return absl::InvalidArgumentError(absl::StrFormat("a topic cannot be named \"%s\"", name));
  }
  const auto bad = std::find_if_not(name.begin(), name.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-';
  });
  if (bad != name.end()) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "the topic name %s has a character other than letters, digits, '.', '_' and '-'",
        Quote(name)));
  }
  return absl::OkStatus();
}

}  // namespace quorate::metadata
