// The main function of quorate-sim (docs/simulation.md).
#include <iostream>

#include "base/check.h"
#include "tests/sim/campaign.h"
#include "tests/sim/flags.h"
#include "tests/sim/mutant_seeds.h"
#include "tests/sim/mutants/mutants.h"

int main(int argc, char** argv) {
  const quorate::sim::ParsedFlags parsed = quorate::sim::ParseFlags(argc, argv);
  if (!parsed.flags) return parsed.exit_status;
  // Suppresses the logs of thousands of controllers.
  FLAGS_minloglevel = google::GLOG_FATAL;
  google::InitGoogleLogging(argv[0]);
  const quorate::sim::Flags& flags = *parsed.flags;
  if (flags.find_mutants) return quorate::sim::FindMutants(flags, std::cout) ? 0 : 1;
  if (!flags.mutant_seeds.empty()) return quorate::sim::CatchMutants(flags, std::cout) ? 0 : 1;
  if (const auto mutant = quorate::sim::FindMutant(flags.mutant)) {
    quorate::sim::SetMutant(mutant->mutant);
  }
  const bool passed = flags.seed ? quorate::sim::RunOne(flags, std::cout)
                                 : quorate::sim::RunCampaign(flags, std::cout);
  return passed ? 0 : 1;
}
