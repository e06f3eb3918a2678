// Runs many seeds, one after the other, until one fails.
#pragma once

#include <ostream>

#include "tests/sim/flags.h"
#include "tests/sim/world.h"

namespace quorate::sim {

// Runs one seed with the given flags.
RunResult RunSeed(const Flags& flags, uint64_t seed);

// Runs the seeds that the flags select and prints the progress. Returns false if a seed failed,
// after printing the command that replays it.
bool RunCampaign(const Flags& flags, std::ostream& out);

// Runs flags.seed only. Returns whether it succeeded.
bool RunOne(const Flags& flags, std::ostream& out);

}  // namespace quorate::sim
