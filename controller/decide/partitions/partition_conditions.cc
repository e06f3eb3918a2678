#include "controller/decide/partitions/partition_conditions.h"

#include <algorithm>
#include <string>

#include "absl/strings/numbers.h"
#include "controller/decide/configs/effective_config.h"
#include "metadata/configs/config_keys.h"

namespace quorate::controller {
namespace {

using metadata::ConfigsImage;

// Only a number from 1 on is ever stored.
size_t NumberOf(const std::string& value) {
  size_t number = 0;
  return absl::SimpleAtoi(value, &number) ? number : 1;
}

size_t NeededIsr(const metadata::PartitionView& partition, size_t min_isr) {
  return std::min(min_isr, partition.replica_count());
}

}  // namespace

size_t MinIsrOf(const ConfigsImage& configs, const ConfigsImage::Values* own) {
  return NumberOf(EffectiveTopicConfig(configs, own, metadata::kMinInsyncReplicasKey));
}

std::optional<size_t> OwnMinIsrOf(const ConfigsImage::Values* own) {
  if (own == nullptr) return std::nullopt;
  const auto it = own->find(metadata::kMinInsyncReplicasKey);
  if (it == own->end()) return std::nullopt;
  return NumberOf(it->second);
}

bool IsUnderMinIsr(const metadata::PartitionView& partition, size_t min_isr) {
  return IsOffline(partition) || partition.isr_count() < NeededIsr(partition, min_isr);
}

bool IsAtMinIsr(const metadata::PartitionView& partition, size_t min_isr) {
  return !IsOffline(partition) && partition.isr_count() == NeededIsr(partition, min_isr);
}

}  // namespace quorate::controller
