#include "controller/decide/partitions/partition_conditions.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "controller/decide/configs/config_keys.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

using metadata::ConfigResourceType;
using metadata::ConfigsImage;

size_t NeededIsr(const metadata::PartitionView& partition, size_t min_isr) {
  return std::min(min_isr, partition.replica_count());
}

}  // namespace

size_t MinIsrOf(const ConfigsImage::Values* configs) {
  static const size_t default_value = [] {
    size_t number = 0;
    const ConfigKey* key = FindConfigKey(ConfigResourceType::kTopic, kMinInsyncReplicasKey);
    return absl::SimpleAtoi(std::string(key->default_value), &number) ? number : 1;
  }();
  if (configs == nullptr) return default_value;
  const auto it = configs->find(kMinInsyncReplicasKey);
  size_t number = 0;
  return it != configs->end() && absl::SimpleAtoi(it->second, &number) ? number : default_value;
}

size_t MinIsrOf(const metadata::MetadataImage& image, const metadata::TopicImage& topic) {
  return MinIsrOf(image.Get<ConfigsImage>().Find(ConfigResourceType::kTopic, topic.name()));
}

bool IsUnderMinIsr(const metadata::PartitionView& partition, size_t min_isr) {
  return IsOffline(partition) || partition.isr_count() < NeededIsr(partition, min_isr);
}

bool IsAtMinIsr(const metadata::PartitionView& partition, size_t min_isr) {
  return !IsOffline(partition) && partition.isr_count() == NeededIsr(partition, min_isr);
}

}  // namespace quorate::controller
