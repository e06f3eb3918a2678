// The seeds that catch the mutants (mutants/mutants.h). A search finds them,
// testdata/mutants.txt records them, and a test runs them again.
#pragma once

#include <ostream>

#include "tests/sim/flags.h"

namespace quorate::sim {

// Searches for the first seed from 1 to flags.seeds that catches each mutant, and prints the lines
// of the record. Returns false if a mutant was not caught.
bool FindMutants(const Flags& flags, std::ostream& out);

// Runs each mutant on the seed that the file records for it. Returns false if a mutant was not
// caught or has no seed.
bool CatchMutants(const Flags& flags, std::ostream& out);

}  // namespace quorate::sim
