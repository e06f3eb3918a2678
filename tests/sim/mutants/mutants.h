// The switch that selects a mutant: a wrong version of the core, or of the code above it, which
// proves that the simulator's checks notice it (docs/simulation.md). The lists beside this file
// define the mutants, and mutate.py builds them into copies of the sources.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace quorate::sim {

enum class Mutant {
  kNone,
#define QUORATE_MUTANT(enumerator, name, wrong) enumerator,
#include "tests/sim/mutants/mutants.inc"
#undef QUORATE_MUTANT
};

struct MutantInfo {
  Mutant mutant = Mutant::kNone;
  // The name on the command line.
  std::string_view name;
  std::string_view wrong;
};

// Returns all mutants except kNone, in the order of the lists.
const std::vector<MutantInfo>& AllMutants();
std::optional<MutantInfo> FindMutant(std::string_view name);

// Selects a mutant for this process, from now on. Not thread-safe.
void SetMutant(Mutant mutant);
bool IsMutant(Mutant mutant);

}  // namespace quorate::sim
