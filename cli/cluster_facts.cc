#include "cli/cluster_facts.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "base/clock.h"
#include "cli/ask_each.h"
#include "cli/quorum.h"
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
  auto page = client::GetMetrics(endpoint, timeout, session.tls());
  facts.metrics_took_ms = ToMs(clock.Now() - asked_at);
  facts.metrics_at_ms = clock.WallMs();
  if (auto* text = std::get_if<std::string>(&page)) {
    facts.page = std::move(*text);
    facts.metrics = ParseMetrics(facts.page);
  } else {
    facts.problem = std::get<common::v1::Error>(page).message();
    return facts;
  }
  // A broker does not know this call.
  facts.quorum = OwnViewOfQuorum(session, endpoint, timeout);
  return facts;
}

}  // namespace

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

}  // namespace quorate::cli
