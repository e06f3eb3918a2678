// Many seeds, one after the other, until one fails.
#pragma once

#include <ostream>

#include "tests/sim/flags.h"
#include "tests/sim/world.h"

namespace quorate::sim {

// One run as the flags say, under this seed.
RunResult RunSeed(const Flags& flags, uint64_t seed);

// Runs what the flags say and tells about it. False: a seed failed; how to replay it was printed.
bool RunCampaign(const Flags& flags, std::ostream& out);

// Runs flags.seed alone. False: it failed.
bool RunOne(const Flags& flags, std::ostream& out);

}  // namespace quorate::sim
