#include "controller/decide/configs/config_changes.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "base/quote.h"
#include "controller/decide/configs/config_resource.h"
#include "controller/decide/configs/effective_config.h"
#include "metadata/configs/config_keys.h"
#include "metadata/configs/config_value.h"

namespace quorate::controller {
namespace {

using admin::v1::ConfigChange;
using metadata::ConfigKey;
using metadata::ConfigsImage;

// The most configs of listeners that one broker may have. Their number is not limited by the keys.
constexpr std::ptrdiff_t kMaxListenerConfigs = 100;

ItemError InvalidConfig(const absl::Status& status) {
  return MakeItemError(common::v1::INVALID_CONFIG, std::string(status.message()));
}

std::string ChangeList(const std::string& list, const ConfigChange& change) {
  const std::vector<std::string> words = absl::StrSplit(list, ',', absl::SkipEmpty());
  std::vector<std::string> changed = metadata::SplitConfigList(change.value());
  const absl::flat_hash_set<std::string> named(changed.begin(), changed.end());
  if (change.operation() == ConfigChange::SUBTRACT) {
    changed.clear();
    std::copy_if(words.begin(), words.end(), std::back_inserter(changed),
                 [&](const std::string& word) { return !named.contains(word); });
    return absl::StrJoin(changed, ",");
  }
  // CanonicalConfigValue drops the words that the list has already.
  changed.insert(changed.begin(), words.begin(), words.end());
  return absl::StrJoin(changed, ",");
}

// Decides the changes of one resource.
class ResourceChanger {
 public:
  ResourceChanger(const ConfigsImage& configs, const admin::v1::ConfigResource& resource,
                  ConfigsImage::Values* values)
      : configs_(configs), type_(TypeOf(resource)), name_(resource.name()), values_(*values) {}

  ItemError Apply(const ConfigChange& change);

 private:
  // Returns the value that applies to the key before the request.
  std::string EffectiveValue(const ConfigKey& key, const std::string& name) const;

  const ConfigsImage& configs_;
  const metadata::ConfigResourceType type_;
  const std::string& name_;
  ConfigsImage::Values& values_;
};

std::string ResourceChanger::EffectiveValue(const ConfigKey& key, const std::string& name) const {
  const auto settings = ConfigSettings(configs_, type_, name_, key, name);
  return settings.empty() ? "" : settings.front().value;
}

ItemError ResourceChanger::Apply(const ConfigChange& change) {
  const std::string& name = change.key();
  const ConfigKey* key = metadata::FindConfigKey(type_, name);
  if (key == nullptr) return InvalidConfig(metadata::UnknownConfigKey(type_, name));
  if (const auto status = metadata::CheckConfigUpdate(*key, name, type_, name_); !status.ok()) {
    return InvalidConfig(status);
  }
  std::string value = change.value();
  switch (change.operation()) {
    case ConfigChange::SET:
      break;
    case ConfigChange::DELETE:
      if (!value.empty()) {
        return MakeItemError(common::v1::INVALID_REQUEST,
                             absl::StrFormat("DELETE of %s takes no value", name));
      }
      values_.erase(name);
      return std::nullopt;
    case ConfigChange::APPEND:
    case ConfigChange::SUBTRACT:
      if (!key->is_list()) {
        return MakeItemError(
            common::v1::INVALID_CONFIG,
            absl::StrFormat("%s is not a list: SET it instead of APPEND or SUBTRACT", name));
      }
      if (value.size() <= metadata::kMaxConfigValueBytes) {
        value = ChangeList(EffectiveValue(*key, name), change);
      }
      break;
    default:
      return MakeItemError(
          common::v1::INVALID_REQUEST,
          absl::StrFormat("the operation on %s must be SET, DELETE, APPEND or SUBTRACT", name));
  }
  absl::StatusOr<std::string> canonical = metadata::CanonicalConfigValue(*key, name, value);
  if (!canonical.ok()) return InvalidConfig(canonical.status());
  values_[name] = *std::move(canonical);
  return std::nullopt;
}

std::ptrdiff_t CountListenerConfigs(const ConfigsImage::Values& values) {
  return std::count_if(values.begin(), values.end(),
                       [](const auto& entry) { return metadata::IsListenerConfig(entry.first); });
}

}  // namespace

ItemError ApplyConfigChanges(const ConfigsImage& configs, const admin::v1::ConfigResource& resource,
                             const google::protobuf::RepeatedPtrField<ConfigChange>& changes,
                             ConfigsImage::Values* values) {
  const std::ptrdiff_t of_listeners_before = CountListenerConfigs(*values);
  ResourceChanger changer(configs, resource, values);
  absl::flat_hash_set<std::string> named;
  for (const ConfigChange& change : changes) {
    if (!named.insert(change.key()).second) {
      return MakeItemError(
          common::v1::INVALID_REQUEST,
          absl::StrFormat("%s is changed twice; change it once", Quote(change.key())));
    }
    if (auto error = changer.Apply(change)) return error;
  }
  const std::ptrdiff_t of_listeners = CountListenerConfigs(*values);
  if (of_listeners > std::max(kMaxListenerConfigs, of_listeners_before)) {
    return MakeItemError(common::v1::INVALID_CONFIG,
                         absl::StrFormat("the broker would have %d configs of listeners; at most "
                                         "%d are possible",
                                         of_listeners, kMaxListenerConfigs));
  }
  if (TypeOf(resource) == metadata::ConfigResourceType::kTopic) {
    return CheckTopicConfigs(configs, *values);
  }
  return std::nullopt;
}

ItemError CheckTopicConfigs(const ConfigsImage& configs, const ConfigsImage::Values& values) {
  constexpr char kMin[] = "min.compaction.lag.ms";
  constexpr char kMax[] = "max.compaction.lag.ms";
  // A default alone refuses no topic.
  if (values.count(kMin) == 0 && values.count(kMax) == 0) return std::nullopt;
  const std::string min = EffectiveTopicConfig(configs, &values, kMin);
  const std::string max = EffectiveTopicConfig(configs, &values, kMax);
  int64_t min_ms = 0;
  int64_t max_ms = 0;
  if (!absl::SimpleAtoi(min, &min_ms) || !absl::SimpleAtoi(max, &max_ms) || min_ms <= max_ms) {
    return std::nullopt;
  }
  return MakeItemError(
      common::v1::INVALID_CONFIG,
      absl::StrFormat("%s (%s) must not be larger than %s (%s)", kMin, min, kMax, max));
}

}  // namespace quorate::controller
