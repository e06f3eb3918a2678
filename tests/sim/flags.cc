#include "tests/sim/flags.h"

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "tests/sim/mutants/mutants.h"

namespace quorate::sim {
namespace {

std::vector<std::string> MutantNames() {
  std::vector<std::string> names;
  for (const MutantInfo& mutant : AllMutants()) names.emplace_back(mutant.name);
  return names;
}

}  // namespace

ParsedFlags ParseFlags(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "Runs whole clusters of the real consensus code in one thread under faults that a seed "
      "determines, and checks every step (docs/simulation.md).",
      "quorate-sim");
  auto* seed = app.add_option("--seed", flags.seed, "Run only this seed");
  app.add_flag("--trace", flags.trace, "Print all events")->needs(seed);
  app.add_option("--seeds", flags.seeds, "Run this many seeds")->excludes(seed);
  app.add_option("--first-seed", flags.first_seed, "The first seed to run")
      ->excludes(seed)
      ->capture_default_str();
  app.add_option("--minutes", flags.minutes, "Run seeds for this many minutes")
      ->excludes(seed)
      ->check(CLI::PositiveNumber);
  app.add_option("--failed-seeds", flags.failed_seeds, "Run the seeds in this file first")
      ->excludes(seed)
      ->check(CLI::ExistingFile);
  app.add_option("--voters", flags.voters,
                 "Number of controllers that found the cluster (default: the seed decides)")
      ->check(CLI::IsMember({1, 3, 5, 7}));
  app.add_option("--observers", flags.observers,
                 "Number of observers that join it (default: the seed decides, 0 to 2)")
      ->check(CLI::Range(0, 2));
  app.add_option("--seconds", flags.seconds,
                 "Simulated seconds with faults, before the cluster is healed (default: 10)")
      ->check(CLI::PositiveNumber);
  app.add_flag("--no-strangers", flags.no_strangers,
               "Run without strangers, even if the seed has them");
  app.add_flag("--storm", flags.storm,
               "Run bare cores without driver and log: with other faults, and faster");
  app.add_option("--mutant", flags.mutant, "Run this mutant")->check(CLI::IsMember(MutantNames()));
  auto* find = app.add_flag("--find-mutants", flags.find_mutants,
                            "Search for the first seed that catches each mutant")
                   ->excludes(seed);
  app.add_option("--mutant-seeds", flags.mutant_seeds,
                 "Run each mutant on the seed that this file records for it")
      ->excludes(seed)
      ->excludes(find)
      ->check(CLI::ExistingFile);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {.exit_status = app.exit(error) == 0 ? 0 : 2};
  }
  return {.flags = std::move(flags)};
}

}  // namespace quorate::sim
