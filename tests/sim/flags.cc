#include "tests/sim/flags.h"

#include <CLI/CLI.hpp>

namespace quorate::sim {

ParsedFlags ParseFlags(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "Runs whole clusters of the real consensus code in one thread, under faults that a seed "
      "decides, and checks every step (docs/simulation.md).",
      "quorate-sim");
  auto* seed = app.add_option("--seed", flags.seed, "Run this seed alone");
  app.add_flag("--trace", flags.trace, "Print what happens")->needs(seed);
  app.add_option("--seeds", flags.seeds, "Run this many seeds")->excludes(seed);
  app.add_option("--first-seed", flags.first_seed, "The first of many")
      ->excludes(seed)
      ->capture_default_str();
  app.add_option("--minutes", flags.minutes, "Run seeds for as long as this")
      ->excludes(seed)
      ->check(CLI::PositiveNumber);
  app.add_option("--failed-seeds", flags.failed_seeds,
                 "Run the seeds in this file before all others")
      ->excludes(seed)
      ->check(CLI::ExistingFile);
  app.add_option("--voters", flags.voters, "Controllers in the cluster (default: the seed decides)")
      ->check(CLI::IsMember({1, 3, 5, 7}));
  app.add_option("--seconds", flags.seconds,
                 "Simulated seconds with faults, before the cluster is healed (default: 10)")
      ->check(CLI::PositiveNumber);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {.exit_status = app.exit(error) == 0 ? 0 : 2};
  }
  return {.flags = std::move(flags)};
}

}  // namespace quorate::sim
