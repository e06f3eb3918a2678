// The switch of quorate_raft_mutants, the build of the core that can be wrong on purpose.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "raft/core/mutant.h"

namespace quorate::raft {

struct MutantInfo {
  Mutant mutant = Mutant::kNone;
  // The name on the command line.
  std::string_view name;
  std::string_view wrong;
};

// Returns all mutants except kNone, in the order of raft/core/mutant.h.
const std::vector<MutantInfo>& AllMutants();
std::optional<MutantInfo> FindMutant(std::string_view name);

// Applies to every core in this process, from now on. Not thread-safe.
void SetMutant(Mutant mutant);

}  // namespace quorate::raft
