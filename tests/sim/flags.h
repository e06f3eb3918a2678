// The command line of quorate-sim.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace quorate::sim {

struct Flags {
  // One run; nothing: many, from first_seed on.
  std::optional<uint64_t> seed;
  uint64_t first_seed = 1;
  // Many runs end with whichever comes first; nothing: no such end.
  std::optional<uint64_t> seeds;
  std::optional<double> minutes;
  // Seeds to run before all others, one a line.
  std::string failed_seeds;

  // Of each run.
  std::optional<int> voters;
  std::optional<int> observers;
  std::optional<double> seconds;
  // Without strangers (strangers.h) where the seed has them.
  bool no_strangers = false;
  bool trace = false;
  // Bare cores instead of whole controllers (storm/core_storm.h).
  bool storm = false;

  // The name of a wrong version of the core to run with (raft/mutant.h); empty: it is right.
  std::string mutant;
  // Search the seeds that catch the mutants, all or that one.
  bool find_mutants = false;
  // Run every mutant on the seed that this file records for it; empty: do not.
  std::string mutant_seeds;
};

// The flags, or the exit status: --help was printed, or what is wrong with them.
struct ParsedFlags {
  std::optional<Flags> flags;
  int exit_status = 0;
};
ParsedFlags ParseFlags(int argc, char** argv);

}  // namespace quorate::sim
