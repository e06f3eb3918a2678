#include "metadata/configs/config_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "base/quote.h"

namespace quorate::metadata {
namespace {

struct Range {
  int64_t min = 0;
  int64_t max = 0;
};

template <typename T>
constexpr Range LimitsOf() {
  return {std::numeric_limits<T>::min(), std::numeric_limits<T>::max()};
}

// Returns the range of a whole number, by its type and what the key says.
Range RangeOf(const ConfigKey& key) {
  const Range type = key.type == ConfigType::kShort ? LimitsOf<int16_t>()
                     : key.type == ConfigType::kInt ? LimitsOf<int32_t>()
                                                    : LimitsOf<int64_t>();
  return {std::max(type.min, key.values.min), std::min(type.max, key.values.max)};
}

std::optional<std::string> CanonicalInteger(const ConfigKey& key, const std::string& text) {
  int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) return std::nullopt;
  const Range range = RangeOf(key);
  const bool fits = range.min <= number && number <= range.max;
  if (!fits && !(key.values.or_minus_one && number == -1)) return std::nullopt;
  return absl::StrCat(number);
}

bool HasRange(const ConfigValues& values) {
  return values.min != AnyValue().min || values.max != AnyValue().max;
}

std::optional<std::string> CanonicalDouble(const ConfigKey& key, const std::string& text) {
  double number = 0;
  if (!absl::SimpleAtod(text, &number) || !std::isfinite(number)) return std::nullopt;
  if (HasRange(key.values) && (number < static_cast<double>(key.values.min) ||
                               number > static_cast<double>(key.values.max))) {
    return std::nullopt;
  }
  constexpr double kLargestWhole = 1e15;
  if (std::trunc(number) == number && std::abs(number) < kLargestWhole) {
    return absl::StrCat(static_cast<int64_t>(number));
  }
  std::array<char, 64> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number).ptr;
  return std::string(buffer.data(), end);
}

std::optional<std::string> CanonicalBoolean(const std::string& text) {
  std::string lower = absl::AsciiStrToLower(text);
  if (lower != "true" && lower != "false") return std::nullopt;
  return lower;
}

bool IsOneOf(const std::string& word, std::string_view words) {
  const std::vector<std::string> accepted = absl::StrSplit(std::string(words), ',');
  return std::find(accepted.begin(), accepted.end(), word) != accepted.end();
}

// Returns the words for a sentence.
std::string Listed(std::string_view words) {
  return absl::StrReplaceAll(std::string(words), {{",", ", "}});
}

// Returns whether the text can be shown as it is, in one line.
bool IsLine(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return ' ' <= c && c <= '~'; });
}

// Returns whether the text is TEXT:NUMBER with a number from 0 on. A host may contain colons.
bool IsCount(const std::string& text, bool text_is_number) {
  const size_t colon = text.rfind(':');
  if (colon == std::string::npos || colon == 0) return false;
  const auto is_number = [](const std::string& digits) {
    int32_t number = 0;
    return std::all_of(digits.begin(), digits.end(), absl::ascii_isdigit) &&
           absl::SimpleAtoi(digits, &number);
  };
  return is_number(text.substr(colon + 1)) && (!text_is_number || is_number(text.substr(0, colon)));
}

bool Accepts(const ConfigValues& values, const std::string& word) {
  if (!values.words.empty()) return IsOneOf(word, values.words);
  if (values.is_throttled_replicas) return IsCount(word, /*text_is_number=*/true);
  if (values.is_host_counts) return IsCount(word, /*text_is_number=*/false);
  return true;
}

std::optional<std::string> CanonicalList(const ConfigKey& key, const std::string& text) {
  // An empty list is not one of the words, if there are words.
  if (text.empty() && key.values.words.empty()) return "";
  if (text == "*" && key.values.is_throttled_replicas) return "*";
  const std::vector<std::string> given = SplitConfigList(text);
  for (const std::string& word : given) {
    if (word.empty() || !IsLine(word) || !Accepts(key.values, word)) return std::nullopt;
  }
  return absl::StrJoin(given, ",");
}

std::optional<std::string> CanonicalString(const ConfigKey& key, const std::string& text) {
  if (key.values.is_host_counts) return CanonicalList(key, text);
  if (!IsLine(text) || !Accepts(key.values, text)) return std::nullopt;
  if (text.empty() && key.type == ConfigType::kClass) return std::nullopt;
  return text;
}

// Returns nullopt if the key does not accept the value.
std::optional<std::string> Canonical(const ConfigKey& key, const std::string& value) {
  if (value.size() > kMaxConfigValueBytes) return std::nullopt;
  const std::string text(absl::StripAsciiWhitespace(value));
  switch (key.type) {
    case ConfigType::kBoolean:
      return CanonicalBoolean(text);
    case ConfigType::kInt:
    case ConfigType::kShort:
    case ConfigType::kLong:
      return CanonicalInteger(key, text);
    case ConfigType::kDouble:
      return CanonicalDouble(key, text);
    case ConfigType::kList:
      return CanonicalList(key, text);
    case ConfigType::kString:
    case ConfigType::kClass:
      return CanonicalString(key, text);
    case ConfigType::kPassword:
      return text;
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> SplitConfigList(const std::string& list) {
  std::vector<std::string> words;
  absl::flat_hash_set<std::string> seen;
  for (const absl::string_view word : absl::StrSplit(list, ',')) {
    std::string trimmed(absl::StripAsciiWhitespace(word));
    if (seen.insert(trimmed).second) words.push_back(std::move(trimmed));
  }
  return words;
}

std::string ConfigValuesText(const ConfigKey& key) {
  const ConfigValues& values = key.values;
  switch (key.type) {
    case ConfigType::kBoolean:
      return "true or false";
    case ConfigType::kInt:
    case ConfigType::kShort:
    case ConfigType::kLong: {
      const Range range = RangeOf(key);
      return absl::StrFormat("%sa whole number from %d to %d", values.or_minus_one ? "-1 or " : "",
                             range.min, range.max);
    }
    case ConfigType::kDouble:
      if (!HasRange(values)) return "a number";
      return absl::StrFormat("a number from %d to %d", values.min, values.max);
    case ConfigType::kList:
      if (values.is_throttled_replicas) return "* or a list of PARTITION:BROKER";
      if (values.words.empty()) return "a list of words, separated by commas";
      return absl::StrFormat("one or more of %s", Listed(values.words));
    case ConfigType::kString:
      if (values.is_host_counts) return "a list of HOST:COUNT";
      if (values.words.empty()) return "printable ASCII text";
      return absl::StrFormat("one of %s", Listed(values.words));
    case ConfigType::kClass:
      return "the name of a class";
    case ConfigType::kPassword:
      return "a secret text";
  }
  return "";
}

absl::StatusOr<std::string> CanonicalConfigValue(const ConfigKey& key, std::string_view name,
                                                 const std::string& value) {
  if (auto canonical = Canonical(key, value)) return *std::move(canonical);
  if (value.size() > kMaxConfigValueBytes) {
    return absl::InvalidArgumentError(
        absl::StrFormat("the value of %s has %d bytes; at most %d are possible", name, value.size(),
                        kMaxConfigValueBytes));
  }
  return absl::InvalidArgumentError(
      absl::StrFormat("%s takes %s, not %s", name, ConfigValuesText(key),
                      key.is_sensitive() ? "this value" : Quote(value)));
}

}  // namespace quorate::metadata
