#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "cli/diagnosis_parts.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

// Fewer unplanned elections are not frequent, whatever their rate.
constexpr double kFewElections = 3;
constexpr double kFrequentPerHour = 1;
// The quantile of slow disks needs this many writes.
constexpr double kFewSyncs = 100;
constexpr double kSlowSyncSeconds = 0.025;

// The elections in which one controller stood because it missed the leader. Starts, transfers and
// resignations are planned.
struct Candidacies {
  double died = 0;
  double timeout = 0;
  double uptime_seconds = 0;

  double total() const { return died + timeout; }
  double per_hour() const { return total() * 3600 / uptime_seconds; }
};

std::optional<Candidacies> CandidaciesOf(const ProcessFacts& process) {
  const auto now = Sample(process.metrics, "quorate_clock_seconds");
  const auto start = Sample(process.metrics, "process_start_time_seconds");
  auto elections = ByLabel(process.metrics, "quorate_raft_elections_total", "cause");
  if (!now || !start || elections.empty()) return std::nullopt;
  return Candidacies{.died = elections["leader_died"],
                     .timeout = elections["timeout"],
                     .uptime_seconds = std::max(*now - *start, 1.0)};
}

// Returns the most likely cause, from what the controllers have counted about themselves and about
// each other.
std::string CauseOfElections(const ClusterFacts& facts) {
  std::vector<std::string> causes;
  std::map<std::string, double> deaths;
  bool heard_nothing = false;
  for (const ProcessFacts& process : facts.processes) {
    auto ends = ByLabel(process.metrics, "quorate_raft_leadership_ends_total", "reason");
    if (ends["disk_stalled"] > 0) causes.push_back("the disk of " + NameOf(process) + " hung");
    if (ends["no_quorum"] > 0) {
      causes.push_back(NameOf(process) + " led and lost contact with the majority");
    }
    for (const auto& [peer, count] :
         ByLabel(process.metrics, "quorate_peer_deaths_total", "peer")) {
      deaths[peer] += count;
    }
    const auto candidacies = CandidaciesOf(process);
    heard_nothing |= candidacies && candidacies->timeout > candidacies->died;
  }
  const auto most =
      std::max_element(deaths.begin(), deaths.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most != deaths.end() && most->second > 0) {
    causes.push_back(absl::StrFormat(
        "the connections to controller %s broke most often: its process ends, or its network fails",
        most->first));
  }
  if (heard_nothing) {
    causes.push_back(
        "heartbeats came too late: a slow network, a stalled process or too little CPU time");
  }
  return absl::StrJoin(causes, "; ");
}

void LookAtFrequency(const ClusterFacts& facts, Findings& findings) {
  std::vector<std::string> evidence;
  // In all, because another controller may stand each time.
  double total = 0;
  double per_hour = 0;
  for (const ProcessFacts& process : facts.processes) {
    const auto candidacies = CandidaciesOf(process);
    if (!candidacies || candidacies->total() == 0) continue;
    total += candidacies->total();
    per_hour += candidacies->per_hour();
    evidence.push_back(absl::StrFormat(
        "%s stood %s in %s (leader died %.0f, timeout %.0f)", NameOf(process),
        Plural(static_cast<int64_t>(candidacies->total()), "time"),
        SecondsText(candidacies->uptime_seconds), candidacies->died, candidacies->timeout));
  }
  if (total < kFewElections || per_hour < kFrequentPerHour) return;
  findings.push_back(
      {Severity::kWarning, "frequent-elections", "the active controller changes often",
       CauseOfElections(facts), Names(evidence),
       "read the logs of the controllers that are named; if the network is slow, start all "
       "controllers with --profile wan or --profile noisy"});
}

void LookAtSyncs(const ProcessFacts& process, Findings& findings) {
  const auto slow = Quantile(process.metrics, "quorate_log_sync_seconds", 0.99, kFewSyncs);
  const auto timeout = Sample(process.metrics, "quorate_raft_election_timeout_seconds");
  if (!slow || !timeout || *slow <= kSlowSyncSeconds) return;
  const bool endangers = *slow > *timeout / 10;
  findings.push_back(
      {endangers ? Severity::kWarning : Severity::kNote, "slow-disk",
       "the disk of " + NameOf(process) + " is slow",
       endangers ? "writes take so long that the controller may lose its leadership"
                 : "a change is committed when a majority of the disks has written it",
       absl::StrFormat("99%% of the writes are durable within %s, with an election timeout of %s",
                       *slow > 1e6 ? "more than 10 s" : SecondsText(*slow), SecondsText(*timeout)),
       "use a local SSD that nothing else writes to; quoratectl debug metrics shows "
       "quorate_log_sync_seconds"});
}

}  // namespace

void DiagnoseElections(const ClusterFacts& facts, Findings& findings) {
  LookAtFrequency(facts, findings);
  for (const ProcessFacts& process : facts.processes) LookAtSyncs(process, findings);
}

}  // namespace quorate::cli
