// Decides which partitions their first replicas lead again (Kafka: preferred leader balance).
#pragma once

#include <span>
#include <variant>

#include "controller/decide/decision.h"
#include "controller/decide/leaders/leader_election.h"

namespace quorate::controller {

// Gives the leadership of partitions that others lead to those of `brokers` that are their first
// replica, active and in the ISR. The ISRs stay. `settled.rest` says where the next part begins.
Decision<std::monostate> DecideBalance(const View& view, std::span<const BrokerId> brokers,
                                       const SettlementPart& part);

}  // namespace quorate::controller
