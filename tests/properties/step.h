// One step of a random story: what is asked of the controller. A step names things by numbers that
// always mean something, for example the second of the topics that exist. So a shorter story still
// makes sense, and RapidCheck can shrink one that fails.
#pragma once

#include <rapidcheck.h>

#include <cstdint>
#include <ostream>

namespace quorate::properties {

enum class Action {
  // A new process of the broker registers and is unfenced.
  kReturn,
  // A process registers.
  kRegister,
  kHeartbeat,
  // Brokers die or ask to stop.
  kDepart,
  kUnregister,
  kCreateTopic,
  kDeleteTopic,
  kCreatePartitions,
  kAlterConfigs,
  kAlterPartition,
  kElectLeaders,
  kReassign,
  kCancelReassignment,
  kUpdateFeatures,
  kAllocateProducerIds,
};

struct Step {
  Action action = Action::kReturn;
  // From 1 to kBrokers.
  int32_t broker = 1;
  // The topic and the partition are counted among those that exist, from 0.
  int32_t topic = 0;
  int32_t partition = 0;
  // A set of brokers or of replicas: bit i is broker i+1, or the replica at position i.
  uint32_t set = 0;
  // Which variant of the action.
  int32_t variant = 0;
};

inline constexpr int32_t kBrokers = 5;

// RapidCheck shows the steps of a story that fails. The story itself says what they did.
void showValue(const Step& step, std::ostream& out);

}  // namespace quorate::properties

namespace rc {

template <>
struct Arbitrary<quorate::properties::Step> {
  static Gen<quorate::properties::Step> arbitrary();
};

}  // namespace rc
