#include "tests/sim/mutants/mutants.h"

#include <algorithm>

namespace quorate::sim {
namespace {

Mutant current_mutant = Mutant::kNone;

}  // namespace

bool IsMutant(Mutant mutant) { return current_mutant == mutant; }

void SetMutant(Mutant mutant) { current_mutant = mutant; }

const std::vector<MutantInfo>& AllMutants() {
  static const auto* const mutants = new std::vector<MutantInfo>{
#define QUORATE_MUTANT(enumerator, name, wrong) {Mutant::enumerator, name, wrong},
#include "tests/sim/mutants/mutants.inc"
#undef QUORATE_MUTANT
  };
  return *mutants;
}

std::optional<MutantInfo> FindMutant(std::string_view name) {
  const std::vector<MutantInfo>& mutants = AllMutants();
  const auto it = std::find_if(mutants.begin(), mutants.end(),
                               [name](const MutantInfo& info) { return info.name == name; });
  return it == mutants.end() ? std::nullopt : std::optional(*it);
}

}  // namespace quorate::sim
