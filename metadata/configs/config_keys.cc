#include "metadata/configs/config_keys.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/quote.h"
#include "metadata/configs/config_tables.h"

namespace quorate::metadata {
namespace {

constexpr std::string_view kListenerPrefix = "listener.name.";
constexpr size_t kMaxListenerNameBytes = 64;
// The most letters by which a wrong name may differ from the key that is meant.
constexpr size_t kMaxTypos = 3;

const ConfigKey* FindIn(std::span<const ConfigKey> keys, std::string_view name) {
  const auto found = std::lower_bound(
      keys.begin(), keys.end(), name,
      [](const ConfigKey& key, std::string_view wanted) { return key.name < wanted; });
  return found == keys.end() || found->name != name ? nullptr : &*found;
}

bool IsNamePart(std::string_view part) {
  return !part.empty() && part.size() <= kMaxListenerNameBytes &&
         std::all_of(part.begin(), part.end(), [](char c) {
           return absl::ascii_islower(static_cast<unsigned char>(c)) ||
                  absl::ascii_isdigit(static_cast<unsigned char>(c)) || c == '-' || c == '_';
         });
}

// Returns what follows the first part of `name` and its dot; nullopt if the part is not valid.
std::optional<std::string_view> WithoutPart(std::string_view name) {
  const size_t dot = name.find('.');
  if (dot == std::string_view::npos || !IsNamePart(name.substr(0, dot))) return std::nullopt;
  return name.substr(dot + 1);
}

const ConfigKey* FindListenerKey(std::string_view name) {
  const auto rest = WithoutPart(name.substr(kListenerPrefix.size()));
  if (!rest) return nullptr;
  const ConfigKey* key = FindIn(BrokerConfigKeys(), *rest);
  if (key != nullptr) return key->listener == ConfigListener::kNever ? nullptr : key;
  const auto behind_mechanism = WithoutPart(*rest);
  if (!behind_mechanism) return nullptr;
  key = FindIn(BrokerConfigKeys(), *behind_mechanism);
  const bool fits = key != nullptr && key->listener == ConfigListener::kAllowedForMechanism;
  return fits ? key : nullptr;
}

// Returns the number of letters to insert, delete or replace to make `b` of `a`, or more than
// kMaxTypos. Takes time proportional to the length.
size_t TyposBetween(std::string_view a, std::string_view b) {
  constexpr size_t kWidth = 2 * kMaxTypos + 1;
  constexpr size_t kMany = kMaxTypos + 1;
  if (a.size() > b.size()) std::swap(a, b);
  if (b.size() - a.size() > kMaxTypos) return kMany;
  // Element d of a row is the distance of the first i letters of `a` and the first i + d -
  // kMaxTypos letters of `b`.
  std::array<size_t, kWidth> row;
  for (size_t d = 0; d < kWidth; ++d) row[d] = d < kMaxTypos ? kMany : d - kMaxTypos;
  for (size_t i = 1; i <= a.size(); ++i) {
    std::array<size_t, kWidth> next;
    next.fill(kMany);
    for (size_t d = 0; d < kWidth; ++d) {
      if (i + d < kMaxTypos || i + d - kMaxTypos > b.size()) continue;
      const size_t j = i + d - kMaxTypos;
      size_t best = d + 1 < kWidth ? row[d + 1] + 1 : kMany;
      if (d > 0) best = std::min(best, next[d - 1] + 1);
      if (j > 0) best = std::min(best, row[d] + (a[i - 1] == b[j - 1] ? 0 : 1));
      next[d] = std::min(best, kMany);
    }
    row = next;
  }
  return row[b.size() - a.size() + kMaxTypos];
}

// Returns the key that is probably meant, or an empty string.
std::string_view NearestKey(ConfigResourceType type, std::string_view name) {
  if (name.empty()) return {};
  const bool is_topic = type == ConfigResourceType::kTopic;
  if (is_topic) {
    for (const ConfigKey& key : TopicConfigKeys()) {
      if (key.synonym.name == name) return key.name;
    }
  } else if (const ConfigKey* key = FindIn(TopicConfigKeys(), name)) {
    return key->synonym.name;
  }
  size_t least = kMaxTypos + 1;
  std::string_view nearest;
  for (const ConfigKey& key : ConfigKeysOf(type)) {
    const size_t typos = TyposBetween(name, key.name);
    if (typos >= least) continue;
    least = typos;
    nearest = key.name;
  }
  if (!nearest.empty()) return nearest;
  for (const ConfigKey& key : ConfigKeysOf(type)) {
    if (key.name.starts_with(name)) return key.name;
  }
  return {};
}

}  // namespace

std::span<const ConfigKey> ConfigKeysOf(ConfigResourceType type) {
  return type == ConfigResourceType::kTopic ? TopicConfigKeys() : BrokerConfigKeys();
}

bool IsListenerConfig(std::string_view name) { return name.starts_with(kListenerPrefix); }

const ConfigKey* FindConfigKey(ConfigResourceType type, std::string_view name) {
  if (type == ConfigResourceType::kBroker && IsListenerConfig(name)) return FindListenerKey(name);
  return FindIn(ConfigKeysOf(type), name);
}

absl::Status UnknownConfigKey(ConfigResourceType type, std::string_view name) {
  const std::string_view nearest = NearestKey(type, name);
  const char* resource = type == ConfigResourceType::kTopic ? "topic" : "broker";
  return absl::InvalidArgumentError(absl::StrFormat(
      "there is no %s configuration %s; %s'quoratectl configs list --entity %s' shows all of them",
      resource, Quote(name), nearest.empty() ? "" : absl::StrFormat("did you mean %s? ", nearest),
      resource));
}

absl::Status CheckConfigUpdate(const ConfigKey& key, std::string_view name, ConfigResourceType type,
                               std::string_view resource) {
  if (type == ConfigResourceType::kTopic) return absl::OkStatus();
  const bool is_default = resource.empty();
  if (key.update == ConfigUpdate::kReadOnly) {
    for (const ConfigKey& other : BrokerConfigKeys()) {
      const ConfigKey* next = SynonymOf(other);
      while (next != nullptr && next != &key) next = SynonymOf(*next);
      if (next == nullptr || other.update == ConfigUpdate::kReadOnly) continue;
      return absl::InvalidArgumentError(
          absl::StrFormat("%s can be set only in the broker's own configuration file; set %s here",
                          key.name, other.name));
    }
  }
  if (key.update == ConfigUpdate::kDefaultOnly && !is_default) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s cannot differ between brokers; set it for a topic, or as the default "
                        "of all brokers",
                        key.name));
  }
  const bool of_listener = IsListenerConfig(name);
  if (is_default && (of_listener || key.update == ConfigUpdate::kPerBroker)) {
    return absl::InvalidArgumentError(absl::StrFormat(
        "%s cannot be set as the default of all brokers; set it for each broker", name));
  }
  if (key.listener == ConfigListener::kRequired && !of_listener) {
    return absl::InvalidArgumentError(
        absl::StrFormat("%s is set for each listener of a broker: use listener.name.LISTENER.%s",
                        key.name, key.name));
  }
  return absl::OkStatus();
}

const ConfigKey* SynonymOf(const ConfigKey& key) {
  return key.synonym.name.empty() ? nullptr : FindIn(BrokerConfigKeys(), key.synonym.name);
}

std::string DefaultConfigValue(const ConfigKey& key) {
  const ConfigKey* synonym = SynonymOf(key);
  if (!key.default_value.empty() || synonym == nullptr) return std::string(key.default_value);
  return FromSynonym(key, DefaultConfigValue(*synonym));
}

std::string FromSynonym(const ConfigKey& key, const std::string& value) {
  int64_t number = 0;
  if (key.synonym.unit == 1 || !absl::SimpleAtoi(value, &number)) return value;
  return absl::StrCat(number * key.synonym.unit);
}

bool IsSensitiveConfig(ConfigResourceType type, std::string_view name) {
  const ConfigKey* key = FindConfigKey(type, name);
  return key == nullptr || key->is_sensitive();
}

}  // namespace quorate::metadata
