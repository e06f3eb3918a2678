// The kinds of resources that have configs.
#pragma once

namespace quorate::metadata {

// The numbers are those of ConfigRecord.ResourceType.
enum class ConfigResourceType { kTopic = 2, kBroker = 4 };

}  // namespace quorate::metadata
