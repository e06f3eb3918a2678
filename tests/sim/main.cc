// quorate-sim: docs/simulation.md.
#include <iostream>

#include "base/check.h"
#include "tests/sim/campaign.h"
#include "tests/sim/flags.h"

int main(int argc, char** argv) {
  const quorate::sim::ParsedFlags parsed = quorate::sim::ParseFlags(argc, argv);
  if (!parsed.flags) return parsed.exit_status;
  // What thousands of controllers tell their operators.
  FLAGS_minloglevel = google::GLOG_ERROR;
  google::InitGoogleLogging(argv[0]);
  const quorate::sim::Flags& flags = *parsed.flags;
  const bool passed = flags.seed ? quorate::sim::RunOne(flags, std::cout)
                                 : quorate::sim::RunCampaign(flags, std::cout);
  return passed ? 0 : 1;
}
