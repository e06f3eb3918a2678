#include "tests/sim/campaign.h"

#include <chrono>
#include <ctime>
#include <fstream>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "tests/sim/storm/core_storm.h"

namespace quorate::sim {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr Duration kReportEvery = std::chrono::seconds(10);

// The seed to print if a CHECK fails during a run.
uint64_t running_seed = 0;

// glog requires a function type with this attribute. For clang, [[noreturn]] is not part of the
// type.
__attribute__((noreturn)) void DieWithSeed() {
  absl::FPrintF(stderr, "FAILED seed %d: it ended the process\n", running_seed);
  std::abort();
}

double Seconds(Duration d) { return std::chrono::duration<double>(d).count(); }

RunOptions OptionsOf(const Flags& flags, uint64_t seed) {
  RunOptions options{.seed = seed,
                     .voters = flags.voters,
                     .observers = flags.observers,
                     .no_strangers = flags.no_strangers};
  if (flags.seconds) options.length = Duration(static_cast<int64_t>(*flags.seconds * 1e9));
  return options;
}

std::string ReplayOf(const Flags& flags, uint64_t seed) {
  std::string command = absl::StrFormat("quorate-sim --seed %d", seed);
  if (flags.voters) absl::StrAppendFormat(&command, " --voters %d", *flags.voters);
  if (flags.observers) absl::StrAppendFormat(&command, " --observers %d", *flags.observers);
  if (flags.seconds) absl::StrAppendFormat(&command, " --seconds %g", *flags.seconds);
  if (flags.no_strangers) command += " --no-strangers";
  if (flags.storm) command += " --storm";
  if (!flags.mutant.empty()) absl::StrAppendFormat(&command, " --mutant %s", flags.mutant);
  return command + " --trace";
}

RunResult RunWorld(const RunOptions& options) {
  running_seed = options.seed;
  return World(options).Run();
}

RunResult RunStorm(uint64_t seed) {
  running_seed = seed;
  CoreStorm storm(seed);
  RunResult result{.failure = storm.Run()};
  result.elections = storm.cluster().elections();
  result.installs = storm.cluster().installs();
  return result;
}

// Sums of the results of many runs.
class Tally {
 public:
  void Add(const RunResult& result) {
    ++seeds_;
    simulated_ += result.length;
    elections_ += result.elections;
    installs_ += result.installs;
    disk_exits_ += result.disk_exits;
    voter_changes_ += result.voter_changes;
    partitions_.reassignments += result.partitions.reassignments;
    partitions_.ended += result.partitions.ended;
    partitions_.unclean_elections += result.partitions.unclean_elections;
    answered_ += result.answered;
    reads_ += result.reads;
  }

  void Print(std::ostream& out) const {
    // The CPU time of this thread, which other programs on the machine do not influence.
    const double cpu = static_cast<double>(std::clock() - started_) / CLOCKS_PER_SEC;
    out << absl::StreamFormat(
        "%d seeds, %.0f simulated seconds in %.1f s of CPU: %.0f x real time; %d elections, %d "
        "snapshots installed, %d ends for a hung disk, %d voter changes, %d reassignments "
        "(%d ended), %d unclean elections, %d changes and %d reads answered\n",
        seeds_, Seconds(simulated_), cpu, Seconds(simulated_) / cpu, elections_, installs_,
        disk_exits_, voter_changes_, partitions_.reassignments, partitions_.ended,
        partitions_.unclean_elections, answered_, reads_);
    out.flush();
  }

 private:
  const std::clock_t started_ = std::clock();
  int64_t seeds_ = 0;
  Duration simulated_{0};
  size_t elections_ = 0;
  size_t installs_ = 0;
  size_t disk_exits_ = 0;
  size_t voter_changes_ = 0;
  PartitionChecks::Counts partitions_;
  size_t answered_ = 0;
  size_t reads_ = 0;
};

std::vector<uint64_t> LoadSeeds(const std::string& path) {
  std::vector<uint64_t> seeds;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#') seeds.push_back(std::stoull(line));
  }
  return seeds;
}

}  // namespace

RunResult RunSeed(const Flags& flags, uint64_t seed) {
  return flags.storm ? RunStorm(seed) : RunWorld(OptionsOf(flags, seed));
}

bool RunOne(const Flags& flags, std::ostream& out) {
  RunOptions options = OptionsOf(flags, *flags.seed);
  if (flags.trace) options.trace = &out;
  google::InstallFailureFunction(&DieWithSeed);
  Tally tally;
  const RunResult result = flags.storm ? RunStorm(*flags.seed) : RunWorld(options);
  tally.Add(result);
  if (!flags.trace) tally.Print(out);
  if (result.failure) out << "FAILED seed " << *flags.seed << ": " << *result.failure << "\n";
  return !result.failure;
}

bool RunCampaign(const Flags& flags, std::ostream& out) {
  std::vector<uint64_t> first;
  if (!flags.failed_seeds.empty()) first = LoadSeeds(flags.failed_seeds);
  const uint64_t count = flags.seeds.value_or(std::numeric_limits<int64_t>::max());
  const SteadyClock::time_point started = SteadyClock::now();
  SteadyClock::time_point reported = started;
  google::InstallFailureFunction(&DieWithSeed);
  Tally tally;
  for (uint64_t i = 0; i < first.size() + count; ++i) {
    const SteadyClock::time_point now = SteadyClock::now();
    if (flags.minutes && Seconds(now - started) > *flags.minutes * 60) break;
    if (now - reported >= kReportEvery) {
      tally.Print(out);
      reported = now;
    }
    const uint64_t seed = i < first.size() ? first[i] : flags.first_seed + (i - first.size());
    const RunResult result = RunSeed(flags, seed);
    tally.Add(result);
    if (result.failure) {
      tally.Print(out);
      out << "FAILED seed " << seed << ": " << *result.failure
          << "\nreplay it: " << ReplayOf(flags, seed) << "\n";
      return false;
    }
  }
  tally.Print(out);
  return true;
}

}  // namespace quorate::sim
