// Counts what the decisions of this controller did to the leaders and ISRs of partitions. An entry
// is counted when it is appended, so only the active controller counts. Entries that are lost with
// the leadership before they are committed have been counted, too.
#pragma once

#include <array>

#include "base/instruments.h"
#include "controller/decide/leaders/election_cause.h"
#include "controller/decide/partitions/partition_tally.h"

namespace quorate::controller {

struct PartitionInstruments {
  // Partitions that got another leader, by cause.
  std::array<Counter, kElectionCauses> elections;
  // Partitions that lost their leader and got no other one.
  Counter leaders_lost;
  // Partitions whose ISR became smaller or larger.
  Counter isr_shrinks;
  Counter isr_expands;

  // Counts one entry. `before` and `after`: PartitionTally::changes() without and with the entry.
  void Count(ElectionCause cause, const PartitionTally::Changes& before,
             const PartitionTally::Changes& after) {
    const auto add = [](Counter& counter, int64_t from, int64_t to) {
      if (to > from) counter.Add(static_cast<uint64_t>(to - from));
    };
    add(elections[static_cast<size_t>(cause)], before.elections, after.elections);
    add(elections[static_cast<size_t>(ElectionCause::kUnclean)], before.unclean_elections,
        after.unclean_elections);
    add(leaders_lost, before.leaders_lost, after.leaders_lost);
    add(isr_shrinks, before.isr_shrinks, after.isr_shrinks);
    add(isr_expands, before.isr_expands, after.isr_expands);
  }
};

}  // namespace quorate::controller
