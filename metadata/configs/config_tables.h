// The tables of all configuration keys. Internal to this folder: others use config_keys.h.
#pragma once

#include <span>

#include "metadata/configs/config_key.h"

namespace quorate::metadata {

// The keys of topics, sorted by name.
std::span<const ConfigKey> TopicConfigKeys();
// The keys of brokers, sorted by name. They include all keys of Kafka that can be changed while a
// broker runs, and the read-only keys to which those are synonyms.
std::span<const ConfigKey> BrokerConfigKeys();

}  // namespace quorate::metadata
