// Checks who leads partitions (invariant 16, docs/simulation.md). No topic of a simulated world
// allows unclean elections.
#pragma once

#include <optional>
#include <string>

#include "metadata/metadata_image.h"

namespace quorate::sim {

class LeaderChecks {
 public:
  // Called with the state after each committed entry. Returns the violation, or nullopt if there is
  // none.
  std::optional<std::string> OnApplied(const metadata::MetadataImage& image);

 private:
  metadata::MetadataImage last_;
};

}  // namespace quorate::sim
