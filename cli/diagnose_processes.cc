#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/str_format.h"
#include "cli/diagnosis_parts.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

using admin::v1::DescribeQuorumResponse;

constexpr int64_t kToleratedSkewMs = 1'000;
// A loop that is busy for this long delays heartbeats.
constexpr double kLongTaskSeconds = 0.1;
constexpr double kMostDescriptors = 0.8;

void LookAtDisk(const ProcessFacts& process, Findings& findings) {
  if (!process.quorum || process.quorum->min_free_disk_bytes() == 0) return;
  const DescribeQuorumResponse& quorum = *process.quorum;
  const int64_t free_mib = quorum.free_disk_bytes() >> 20;
  const int64_t min_mib = quorum.min_free_disk_bytes() >> 20;
  const std::string evidence = absl::StrFormat(
      "%d MiB are free, and below %d MiB an active controller refuses changes", free_mib, min_mib);
  if (quorum.free_disk_bytes() < quorum.min_free_disk_bytes()) {
    findings.push_back({quorum.from_leader() ? Severity::kCritical : Severity::kWarning,
                        "disk-full", "the disk of " + NameOf(process) + " is nearly full", "",
                        evidence, "free some space on the volume of its --data-dir"});
  } else if (quorum.free_disk_bytes() < 2 * quorum.min_free_disk_bytes()) {
    findings.push_back({Severity::kWarning, "disk-filling",
                        "the disk of " + NameOf(process) + " is filling up", "", evidence,
                        "free some space on the volume of its --data-dir"});
  }
}

void LookAtLoops(const ProcessFacts& process, Findings& findings) {
  std::vector<std::string> slow;
  for (const auto& [loop, seconds] :
       ByLabel(process.metrics, "quorate_loop_longest_task_seconds", "loop")) {
    if (seconds < kLongTaskSeconds) continue;
    slow.push_back(absl::StrFormat("%s %s", loop, SecondsText(seconds)));
  }
  if (slow.empty()) return;
  findings.push_back({Severity::kNote, "slow-loop",
                      "event loops of " + NameOf(process) + " were busy for long",
                      "too little CPU time, or a large change", "longest task: " + Names(slow),
                      "check the load of its host"});
}

// Like the processes' own warnings.
constexpr double kExpiresSoonSeconds = 7 * 24 * 3600;

void LookAtCertificates(const ProcessFacts& process, Findings& findings) {
  const double now = static_cast<double>(process.metrics_at_ms) / 1000;
  for (const auto& [port, end] :
       ByLabel(process.metrics, "quorate_tls_certificate_expiry_timestamp_seconds", "port")) {
    const double rest = end - now;
    if (rest > kExpiresSoonSeconds) continue;
    findings.push_back(
        {rest <= 0 ? Severity::kCritical : Severity::kWarning, "certificate-expires",
         absl::StrFormat("the certificate of %s, %s port, %s", NameOf(process), port,
                         rest <= 0 ? "has expired" : "expires in " + SecondsText(rest)),
         "", "valid until " + TimeText(static_cast<int64_t>(end) * 1000),
         "replace its files (docs/security.md, Renew and revoke)"});
  }
}

void LookAtState(const ProcessFacts& process, Findings& findings) {
  const Metrics& metrics = process.metrics;
  const auto count = [&metrics](std::string_view sample) {
    return Sample(metrics, sample).value_or(0);
  };
  const double different = count("quorate_state_comparisons_total{result=\"different\"}");
  if (different > 0) {
    findings.push_back(
        {Severity::kCritical, "states-differ",
         NameOf(process) + " has found that the states of the controllers differ",
         "a defect, or memory or a disk that changes bits",
         absl::StrFormat("%.0f comparisons", different),
         "keep the data directories, read the logs, and replace the controller that they name"});
  }
  const double failures = count("quorate_snapshot_failures_total");
  if (failures > 0) {
    findings.push_back(
        {Severity::kWarning, "snapshot-failed", NameOf(process) + " could not write a snapshot",
         "its disk is full or broken", Plural(static_cast<int64_t>(failures), "failure"),
         "read its log for the error"});
  }
  const double refused = count("quorate_refused_proposals_total{reason=\"uncommitted_bytes\"}");
  if (refused > 0) {
    findings.push_back({Severity::kNote, "writes-refused", NameOf(process) + " has refused writes",
                        "more was written than the quorum could commit",
                        Plural(static_cast<int64_t>(refused), "request"),
                        "check the disks and the network, or slow down the clients"});
  }
}

void LookAtProcesses(const ClusterFacts& facts, Findings& findings) {
  for (const ProcessFacts& process : facts.processes) {
    if (!process.problem.empty()) {
      findings.push_back({Severity::kWarning, "unreachable", process.endpoint + " does not answer",
                          "", process.problem, "start it, or correct its address in --bootstrap"});
    }
    LookAtDisk(process, findings);
    LookAtLoops(process, findings);
    LookAtCertificates(process, findings);
    LookAtState(process, findings);
    const auto open = Sample(process.metrics, "process_open_fds");
    const auto limit = Sample(process.metrics, "process_max_fds");
    if (open && limit && *open > kMostDescriptors * *limit) {
      findings.push_back(
          {Severity::kWarning, "descriptors", NameOf(process) + " runs out of file descriptors", "",
           absl::StrFormat("%.0f of %.0f are open", *open, *limit),
           "raise its limit (LimitNOFILE, ulimit -n), or find the clients that open so many "
           "connections"});
    }
    const auto dropped = Sample(process.metrics, "quorate_log_lines_dropped_total");
    if (dropped.value_or(0) > 0) {
      findings.push_back(
          {Severity::kNote, "log-lines-dropped", NameOf(process) + " has dropped log lines",
           "the reader of its log was too slow or gone", absl::StrFormat("%.0f lines", *dropped),
           "check what reads its standard error, or use --log-dir"});
    }
  }
}

void LookAtVersions(const ClusterFacts& facts, Findings& findings) {
  std::set<std::string> versions;
  std::vector<std::string> evidence;
  for (const ProcessFacts& process : facts.processes) {
    const std::string version = LabelOf(process.metrics, "quorate_build_info", "version");
    if (version.empty()) continue;
    versions.insert(version);
    evidence.push_back(NameOf(process) + ": " + version);
  }
  if (versions.size() > 1) {
    findings.push_back({Severity::kNote, "mixed-versions", "the programs have different versions",
                        "an upgrade is not finished", Names(evidence),
                        "finish the upgrade (docs/operations.md, Upgrade the programs)"});
  }
}

// Compares each clock with the clock of this machine, and so with each other.
void LookAtClocks(const ClusterFacts& facts, Findings& findings) {
  std::vector<std::string> evidence;
  std::optional<int64_t> least;
  std::optional<int64_t> most;
  int64_t uncertainty_ms = 0;
  for (const ProcessFacts& process : facts.processes) {
    const auto clock = Sample(process.metrics, "quorate_clock_seconds");
    if (!clock) continue;
    const int64_t ahead_ms = static_cast<int64_t>(std::llround(*clock * 1000)) -
                             (process.metrics_at_ms - process.metrics_took_ms / 2);
    uncertainty_ms = std::max(uncertainty_ms, process.metrics_took_ms);
    least = std::min(least.value_or(ahead_ms), ahead_ms);
    most = std::max(most.value_or(ahead_ms), ahead_ms);
    evidence.push_back(absl::StrFormat("%s is %s %s of this machine", NameOf(process),
                                       DurationText(std::abs(ahead_ms)),
                                       ahead_ms < 0 ? "behind" : "ahead"));
  }
  if (least && *most - *least > kToleratedSkewMs + uncertainty_ms) {
    findings.push_back({Severity::kWarning, "clock-skew", "the clocks of the machines differ", "",
                        Names(evidence),
                        "check their time synchronization (chronyc tracking, timedatectl)"});
  }
  for (const ProcessFacts& process : facts.processes) {
    if (!process.quorum || process.quorum->clock_behind_ms() == 0) continue;
    findings.push_back({Severity::kWarning, "clock-behind-log",
                        "the clock of " + NameOf(process) + " is behind the log",
                        "it is wrong, or the clock of an active controller was",
                        "behind by " + DurationText(process.quorum->clock_behind_ms()),
                        "check its time synchronization"});
  }
}

}  // namespace

void DiagnoseProcesses(const ClusterFacts& facts, Findings& findings) {
  LookAtProcesses(facts, findings);
  LookAtVersions(facts, findings);
  LookAtClocks(facts, findings);
}

}  // namespace quorate::cli
