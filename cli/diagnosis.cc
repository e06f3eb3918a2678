#include "cli/diagnosis.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "cli/diagnosis_parts.h"
#include "cli/text.h"

namespace quorate::cli {

std::string NameOf(const ProcessFacts& process) {
  if (!process.quorum) return process.endpoint;
  return absl::StrFormat("controller %d (%s)", process.quorum->answered_by(), process.endpoint);
}

std::string SecondsText(double seconds) {
  return DurationText(static_cast<int64_t>(std::llround(seconds * 1000)));
}

std::vector<Finding> Diagnose(const ClusterFacts& facts) {
  Findings findings;
  DiagnoseProcesses(facts, findings);
  DiagnoseQuorum(facts, findings);
  DiagnoseElections(facts, findings);
  DiagnoseCluster(facts, findings);
  std::stable_sort(findings.begin(), findings.end(),
                   [](const Finding& a, const Finding& b) { return a.severity < b.severity; });
  return findings;
}

std::string SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kCritical:
      return "CRITICAL";
    case Severity::kWarning:
      return "WARNING";
    case Severity::kNote:
      return "NOTE";
  }
  return "";
}

}  // namespace quorate::cli
