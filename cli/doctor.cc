#include "cli/doctor.h"

#include <algorithm>
#include <ostream>
#include <variant>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/clock.h"
#include "cli/ask_each.h"
#include "cli/json.h"
#include "cli/text.h"
#include "client/admin_client.h"
#include "client/probes.h"

namespace quorate::cli {
namespace {

// The topics of a larger cluster are not examined, because the answer would be too large.
constexpr int32_t kMostPartitions = 20'000;

ProcessFacts AskProcess(const HostPort& endpoint, const Session& session) {
  const Duration timeout = ProbeTimeout(session.settings());
  ProcessFacts facts = {.endpoint = endpoint.ToString()};
  const SystemClock clock;
  const MonoTime asked_at = clock.Now();
  const auto page = client::GetMetrics(endpoint, timeout);
  facts.metrics_took_ms = ToMs(clock.Now() - asked_at);
  facts.metrics_at_ms = clock.WallMs();
  if (const auto* text = std::get_if<std::string>(&page)) {
    facts.metrics = ParseMetrics(*text);
  } else {
    facts.problem = std::get<common::v1::Error>(page).message();
    return facts;
  }
  client::CallerOptions options = session.caller_options();
  options.endpoints = {endpoint};
  options.timeout = timeout;
  admin::v1::DescribeQuorumRequest request;
  request.set_allow_stale(true);
  auto quorum = client::AdminClient(options).DescribeQuorum(request);
  // A broker does not know this call.
  if (auto* response = std::get_if<admin::v1::DescribeQuorumResponse>(&quorum)) {
    facts.quorum = std::move(*response);
  }
  return facts;
}

ClusterFacts CollectFacts(const Session& session) {
  ClusterFacts facts;
  facts.processes = AskEach(session.settings().bootstrap, [&](const HostPort& endpoint) {
    return AskProcess(endpoint, session);
  });
  const bool is_led =
      std::any_of(facts.processes.begin(), facts.processes.end(), [](const ProcessFacts& process) {
        return process.quorum && process.quorum->leader_id() >= 0;
      });
  if (!is_led) return facts;
  client::CallerOptions options = session.caller_options();
  std::erase_if(options.endpoints, [&](const HostPort& endpoint) {
    return std::none_of(facts.processes.begin(), facts.processes.end(),
                        [&](const ProcessFacts& process) {
                          return process.quorum && process.endpoint == endpoint.ToString();
                        });
  });
  client::AdminClient client(options);
  auto cluster = client.DescribeCluster({});
  auto* response = std::get_if<admin::v1::DescribeClusterResponse>(&cluster);
  if (response == nullptr) return facts;
  facts.cluster = std::move(*response);
  if (facts.cluster->partition_count() > kMostPartitions) return facts;
  auto topics = client.DescribeTopics({});
  if (auto* described = std::get_if<admin::v1::DescribeTopicsResponse>(&topics)) {
    facts.topics = std::move(*described);
  }
  return facts;
}

Json FindingJson(const Finding& finding) {
  return {{"severity", SeverityName(finding.severity)},
          {"id", finding.id},
          {"title", finding.title},
          {"cause", finding.cause},
          {"evidence", finding.evidence},
          {"action", finding.action}};
}

ExitCode Doctor(Session& session) {
  const ClusterFacts facts = CollectFacts(session);
  const std::vector<Finding> findings = Diagnose(facts);
  if (session.json()) {
    Json items = Json::array();
    for (const Finding& finding : findings) items.push_back(FindingJson(finding));
    session.out() << JsonText({{"findings", std::move(items)}});
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
           "redundancy, controllers that lag or are out of contact, full disks, clocks that "
           "differ, fenced brokers, partitions that are offline or under-replicated, and "
           "questionable settings. Topics are examined up to 20,000 partitions.\n"
           "The exit status is 0 if there is at most a NOTE, 1 if there is a WARNING or CRITICAL, "
           "and 3 if no process answers within 3 s or --timeout, whichever is shorter.",
       .examples = {"quoratectl doctor", "quoratectl doctor --output json",
                    "quoratectl doctor --bootstrap 127.0.0.1:9091,127.0.0.1:9092,127.0.0.1:9093"}},
      CommonFlags::kCluster, Doctor);
}

}  // namespace quorate::cli
