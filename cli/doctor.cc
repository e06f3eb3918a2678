#include "cli/doctor.h"

#include <algorithm>
#include <ostream>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "cli/cluster_facts.h"
#include "cli/json.h"

namespace quorate::cli {
namespace {

Json FindingJson(const Finding& finding) {
  return {{"severity", SeverityName(finding.severity)},
          {"id", finding.id},
          {"title", finding.title},
          {"cause", finding.cause},
          {"evidence", finding.evidence},
          {"action", finding.action}};
}

}  // namespace

Json FindingsJson(const std::vector<Finding>& findings) {
  Json items = Json::array();
  for (const Finding& finding : findings) items.push_back(FindingJson(finding));
  return {{"findings", std::move(items)}};
}

namespace {

ExitCode Doctor(Session& session) {
  const ClusterFacts facts = CollectFacts(session);
  const std::vector<Finding> findings = Diagnose(facts);
  if (session.json()) {
    session.out() << JsonText(FindingsJson(findings));
  } else {
    session.out() << FindingsText(findings);
  }
  if (std::all_of(facts.processes.begin(), facts.processes.end(),
                  [](const ProcessFacts& process) { return !process.problem.empty(); })) {
    return ExitCode::kUnreachable;
  }
  const bool is_well = std::all_of(findings.begin(), findings.end(), [](const Finding& finding) {
    return finding.severity == Severity::kNote;
  });
  return is_well ? ExitCode::kDone : ExitCode::kRefused;
}

}  // namespace

std::string FindingsText(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    text += absl::StrFormat("%-8s  %s\n", SeverityName(finding.severity), finding.title);
    for (const auto& [label, value] : {std::pair{"Cause", &finding.cause},
                                       {"Evidence", &finding.evidence},
                                       {"Do", &finding.action}}) {
      if (!value->empty()) text += absl::StrFormat("          %-8s  %s\n", label, *value);
    }
  }
  std::vector<std::string> counts;
  for (const Severity severity : {Severity::kCritical, Severity::kWarning, Severity::kNote}) {
    const auto count = std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) {
      return finding.severity == severity;
    });
    if (count > 0) counts.push_back(absl::StrFormat("%d %s", count, SeverityName(severity)));
  }
  if (counts.empty()) return "Nothing is wrong.\n";
  return text + absl::StrJoin(counts, ", ") + "\n";
}

void AddDoctor(CommandLine& line) {
  line.AddCommand(
      line.app(),
      {.name = "doctor",
       .summary = "find what is wrong, and say what to do",
       .description =
           "Asks every controller and broker named by --bootstrap for its metrics and its view of "
           "the quorum, and the active controller for the state of the cluster. Prints the "
           "findings, the most severe first, each with its cause, the evidence and what to do. "
           "CRITICAL: the cluster does not do its work. WARNING: it works, and one more failure "
           "may stop it. NOTE: worth knowing.\n"
           "It names unreachable processes, a missing active controller, a quorum without "
           "redundancy, frequent elections and their cause, controllers that lag or are out of "
           "contact, full and slow disks, clocks that differ, certificates that expire, fenced "
           "brokers, replicas outside the ISR, partitions that are offline or under-replicated, "
           "and questionable settings. Topics are examined up to 20,000 partitions.\n"
           "The exit status is 0 if there is at most a NOTE, 1 if there is a WARNING or CRITICAL, "
           "and 3 if no process answers within 3 s or --timeout, whichever is shorter.",
       .examples = {"quoratectl doctor", "quoratectl doctor --output json",
                    "quoratectl doctor --bootstrap 127.0.0.1:9091,127.0.0.1:9092,127.0.0.1:9093"}},
      CommonFlags::kCluster, Doctor);
}

}  // namespace quorate::cli
