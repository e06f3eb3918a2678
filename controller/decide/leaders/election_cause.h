// Why a decision gives partitions other leaders: few fixed causes, for counts.
#pragma once

#include <cstddef>

namespace quorate::controller {

enum class ElectionCause {
  kFence,               // the leader's broker is fenced
  kControlledShutdown,  // the leader's broker stops
  kUnfence,             // a replica of a partition without a leader is back
  kRegistration,        // the leader's broker was replaced by a new incarnation
  kUnregistration,      // the leader's broker was unregistered
  kElectLeaders,        // an operator asked for it
  kBalance,             // the first replica leads again
  kReassignment,        // the leader is no longer a replica
  kLogDirectory,        // the log directory of the leader's replica is offline
  kUnclean,             // the new leader may lack records; whatever the decision was about
  kOther,
};
inline constexpr size_t kElectionCauses = 11;

}  // namespace quorate::controller
