// Which seed catches which wrong version of the core (raft/mutant.h): found by a search, recorded
// in testdata/mutants.txt, and run again as a test.
#pragma once

#include <ostream>

#include "tests/sim/flags.h"

namespace quorate::sim {

// Searches the first seed that catches each mutant, from 1 to flags.seeds, and prints the lines of
// the record. False: one of them was not caught.
bool FindMutants(const Flags& flags, std::ostream& out);

// Runs each mutant on the seed recorded for it in the file. False: one was not caught, or has no
// seed.
bool CatchMutants(const Flags& flags, std::ostream& out);

}  // namespace quorate::sim
