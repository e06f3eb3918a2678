// The command line of quorate-sim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace quorate::sim {

struct Flags {
  // Run only this seed. If nullopt, run many, from first_seed on.
  std::optional<uint64_t> seed;
  uint64_t first_seed = 1;
  // The limits of many runs. The first one that is reached ends them. Nullopt means no limit.
  std::optional<uint64_t> seeds;
  std::optional<double> minutes;
  // A file of seeds to run first, one per line.
  std::string failed_seeds;

  // The parameters of each run.
  std::optional<int> voters;
  std::optional<int> observers;
  std::optional<double> seconds;
  // Run without strangers (strangers.h), even if the seed has them.
  bool no_strangers = false;
  bool trace = false;
  // Run bare cores instead of whole controllers (storm/core_storm.h).
  bool storm = false;

  // The name of the mutant to run (mutants/mutants.h). If empty, run the correct code.
  std::string mutant;
  // Search for seeds that catch all mutants, or the one named above.
  bool find_mutants = false;
  // If not empty, run every mutant on the seed that this file records for it.
  std::string mutant_seeds;
};

// The flags, or the exit status after --help or an error was printed.
struct ParsedFlags {
  std::optional<Flags> flags;
  int exit_status = 0;
};
ParsedFlags ParseFlags(int argc, char** argv);

}  // namespace quorate::sim
