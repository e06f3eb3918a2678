// Finds configuration keys, and says what is wrong with a key that cannot be set.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "metadata/config_resource.h"
#include "metadata/configs/config_key.h"

namespace quorate::metadata {

// Returns the keys of a resource type, sorted by name.
std::span<const ConfigKey> ConfigKeysOf(ConfigResourceType type);

// Returns null if the resource type has no key of that name. For a key of one listener, such as
// listener.name.public.ssl.key.password, it returns the key behind the prefix.
const ConfigKey* FindConfigKey(ConfigResourceType type, std::string_view name);

// Returns whether a name that FindConfigKey knows is that of one listener.
bool IsListenerConfig(std::string_view name);

// Returns INVALID_ARGUMENT with the key that is probably meant.
absl::Status UnknownConfigKey(ConfigResourceType type, std::string_view name);

// Returns INVALID_ARGUMENT, with the remedy, unless `name` may be set for the resource: a topic, a
// broker, or the default of all brokers. REQUIRES: `key` is what FindConfigKey returns for `name`.
absl::Status CheckConfigUpdate(const ConfigKey& key, std::string_view name, ConfigResourceType type,
                               std::string_view resource);

// Returns the key that applies where `key` is not set, or null.
const ConfigKey* SynonymOf(const ConfigKey& key);

// Returns the default of the key, which may be that of a synonym. Empty if there is none.
std::string DefaultConfigValue(const ConfigKey& key);
// Returns the value of a key's synonym as a value of the key, for example hours as milliseconds.
std::string FromSynonym(const ConfigKey& key, const std::string& value);

// Returns whether the value of a key may be a secret, which is never shown. That of a key that is
// not known may be one.
bool IsSensitiveConfig(ConfigResourceType type, std::string_view name);
// Stands for such a value.
inline constexpr char kHiddenConfigValue[] = "(redacted)";

inline constexpr char kMinInsyncReplicasKey[] = "min.insync.replicas";
inline constexpr char kUncleanLeaderElectionKey[] = "unclean.leader.election.enable";

}  // namespace quorate::metadata
