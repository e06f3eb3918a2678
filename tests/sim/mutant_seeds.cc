#include "tests/sim/mutant_seeds.h"

#include <cstdint>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "tests/sim/campaign.h"
#include "tests/sim/child_run.h"
#include "tests/sim/mutants/mutants.h"

namespace quorate::sim {
namespace {

// The limit of CPU time. A run uses a fraction of it.
constexpr int kRunLimitSeconds = 60;
constexpr uint64_t kSeedsToTry = 500;

// The environment in which a mutant runs.
struct Arena {
  const char* name;
  bool storm = false;
  bool no_strangers = false;
};
constexpr Arena kArenas[] = {
    {.name = "world"}, {.name = "storm", .storm = true}, {.name = "calm", .no_strangers = true}};

// Runs the mutant once. Returns the failure, or nullopt if it was not caught.
std::optional<std::string> RunMutant(const MutantInfo& mutant, Flags flags, const Arena& arena,
                                     uint64_t seed) {
  flags.storm = arena.storm;
  flags.no_strangers = arena.no_strangers;
  return RunInChild(
      [&] {
        SetMutant(mutant.mutant);
        return RunSeed(flags, seed).failure;
      },
      kRunLimitSeconds);
}

void PrintCaught(std::ostream& out, std::string_view mutant, const Arena& arena, uint64_t seed,
                 const std::string& how) {
  out << absl::StreamFormat("%-26s %s %4d  # %s\n", mutant, arena.name, seed,
                            how.substr(0, how.find('\n')));
  out.flush();
}

struct Recorded {
  Arena arena;
  uint64_t seed = 0;
};

// Reads lines of "NAME ARENA SEED". '#' begins a comment.
std::map<std::string, Recorded> ReadRecord(const std::string& path) {
  std::map<std::string, Recorded> record;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string mutant;
    std::string arena_name;
    uint64_t seed = 0;
    if (!(words >> mutant >> arena_name >> seed) || mutant[0] == '#') continue;
    for (const Arena& arena : kArenas) {
      if (arena.name == arena_name) record[mutant] = {.arena = arena, .seed = seed};
    }
  }
  return record;
}

// Tries whole controllers first, then bare cores, then controllers without strangers.
bool FindSeed(const MutantInfo& mutant, const Flags& flags, uint64_t seeds, std::ostream& out) {
  for (const Arena& arena : kArenas) {
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
      const std::optional<std::string> how = RunMutant(mutant, flags, arena, seed);
      if (!how) continue;
      PrintCaught(out, mutant.name, arena, seed, *how);
      return true;
    }
  }
  return false;
}

}  // namespace

bool FindMutants(const Flags& flags, std::ostream& out) {
  const uint64_t seeds = flags.seeds.value_or(kSeedsToTry);
  bool all_caught = true;
  for (const MutantInfo& mutant : AllMutants()) {
    if (!flags.mutant.empty() && flags.mutant != mutant.name) continue;
    if (FindSeed(mutant, flags, seeds, out)) continue;
    all_caught = false;
    out << absl::StreamFormat("# %s: not caught by %d seeds\n", mutant.name, seeds);
    out.flush();
  }
  return all_caught;
}

bool CatchMutants(const Flags& flags, std::ostream& out) {
  const std::map<std::string, Recorded> record = ReadRecord(flags.mutant_seeds);
  bool all_caught = true;
  for (const MutantInfo& mutant : AllMutants()) {
    const auto recorded = record.find(std::string(mutant.name));
    if (recorded == record.end()) {
      all_caught = false;
      out << mutant.name << ": no seed is recorded\n";
      continue;
    }
    const auto& [arena, seed] = recorded->second;
    if (const auto how = RunMutant(mutant, flags, arena, seed)) {
      PrintCaught(out, mutant.name, arena, seed, *how);
    } else {
      all_caught = false;
      out << absl::StreamFormat("%s: NOT CAUGHT by %s %d\n", mutant.name, arena.name, seed);
    }
  }
  return all_caught;
}

}  // namespace quorate::sim
