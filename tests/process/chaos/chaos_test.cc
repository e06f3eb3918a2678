// Real processes under random faults. Controllers and brokers are killed, stopped, paused and cut
// off while clients change the metadata. Meanwhile and afterwards, what every process and every
// client was told is compared with the committed log.
//
// CHAOS_SECONDS is the duration of the faults (default 60; 600 for a long run). CHAOS_SEED is the
// seed of the faults and of the clients; without it a new one is drawn. The test prints the seed
// and each fault. Processes and networks are not deterministic, so a seed repeats the faults and
// not the run.
#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/random.h"
#include "tests/harness/cluster.h"
#include "tests/process/chaos/broker_checks.h"
#include "tests/process/chaos/broker_watch.h"
#include "tests/process/chaos/client_history.h"
#include "tests/process/chaos/committed_log.h"
#include "tests/process/chaos/fault_injector.h"
#include "tests/process/chaos/fault_plan.h"
#include "tests/process/chaos/load_client.h"
#include "tests/process/chaos/log_watch.h"
#include "tests/process/chaos/violations.h"
#include "tests/process/subscription.h"

namespace quorate::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kControllers = 3;
constexpr int kBrokers = 4;
// Convergence needs several broker sessions on a busy machine.
constexpr std::chrono::minutes kConvergence{4};

template <typename Number>
Number FromEnvironment(const char* name, Number otherwise) {
  const char* text = std::getenv(name);
  Number number = otherwise;
  if (text != nullptr) CHECK(absl::SimpleAtoi(text, &number)) << name << "=" << text;
  return number;
}

ClusterOptions Options() {
  return {
      .controllers = kControllers,
      .brokers = kBrokers,
      .proxied_peers = true,
      .proxied_clients = true,
      // Sessions, the return of leaders and snapshots are as frequent as the faults.
      .controller_flags = {"--broker-session-timeout-ms=3000", "--broker-mass-loss-hold-ms=6000",
                           "--leader-balance-interval-ms=2000", "--state-check-interval-ms=500",
                           "--snapshot-min-log-bytes=65536", "--snapshot-log-ratio=1"}};
}

class ChaosTest : public ::testing::Test {
 protected:
  ChaosTest() : cluster_(Options()), log_(&violations_), broker_checks_(&log_, &violations_) {}

  void StartClients(uint64_t seed) {
    // The second client gives up soon, so that some of its outcomes are unknown.
    for (const auto& [name, timeout] :
         {std::pair("patient", milliseconds(kPatience)), std::pair("impatient", milliseconds(150)),
          std::pair("patient too", milliseconds(kPatience))}) {
      clients_.push_back(std::make_unique<LoadClient>(&cluster_,
                                                      LoadOptions{.name = name,
                                                                  .seed = ++seed,
                                                                  .brokers = kBrokers,
                                                                  .timeout = timeout,
                                                                  .interval = milliseconds(60)},
                                                      &history_));
    }
  }
  void StartWatches() {
    for (int node = 1; node <= kControllers; ++node) {
      log_watches_.push_back(std::make_unique<LogWatch>(&cluster_, node, &log_, &violations_));
    }
    for (int broker = 1; broker <= kBrokers; ++broker) {
      broker_watches_.push_back(
          std::make_unique<BrokerWatch>(&cluster_, broker, &log_, &broker_checks_, &violations_));
    }
  }

  // Returns why the cluster has not converged, or nullopt if it has: every broker is unfenced, has
  // the whole log and leads what it should, every partition has its leader and a full ISR, and no
  // reassignment is in progress.
  std::optional<std::string> WhyNotConverged() {
    client::AdminClient client = cluster_.Client();
    const auto described = client.DescribeCluster({});
    const auto* seen = std::get_if<admin::v1::DescribeClusterResponse>(&described);
    if (seen == nullptr) return std::get<client::CallFailure>(described).ToString();
    if (seen->brokers_size() != kBrokers) return "a broker is not registered";
    for (const admin::v1::Broker& broker : seen->brokers()) {
      if (broker.fenced() || broker.metadata_end_offset() < seen->end_offset() ||
          broker.reported_leader_count() != broker.leader_count()) {
        return broker.ShortDebugString();
      }
    }
    if (seen->offline_partition_count() + seen->under_replicated_partition_count() > 0) {
      return absl::StrFormat("%d partitions are offline, %d under-replicated",
                             seen->offline_partition_count(),
                             seen->under_replicated_partition_count());
    }
    const auto listed = Must(client.ListPartitionReassignments({}));
    if (listed.reassignments_size() > 0) return listed.reassignments(0).ShortDebugString();
    return std::nullopt;
  }

  // Returns the warnings of `quoratectl doctor` that the test has not caused itself.
  std::string DoctorSays() {
    std::vector<std::string> endpoints;
    for (int node = 1; node <= kControllers; ++node) {
      endpoints.push_back(cluster_.ControllerEndpoint(node));
    }
    for (int broker = 1; broker <= kBrokers; ++broker) {
      endpoints.push_back(cluster_.BrokerEndpoint(broker));
    }
    const RunResult doctor = testing::Run({QuoratectlProgram(), "doctor", "--output", "json",
                                           "--bootstrap", absl::StrJoin(endpoints, ",")});
    const auto report = nlohmann::json::parse(doctor.output, nullptr, /*exceptions=*/false);
    if (!report.is_object()) return doctor.output + doctor.errors;
    // The faults caused elections, and a busy machine is a slow disk.
    const std::set<std::string> expected = {"frequent-elections", "slow-disk"};
    std::string says;
    for (const auto& finding : report["findings"]) {
      if (finding["severity"] == "NOTE" || expected.contains(finding["id"])) continue;
      says += finding.dump() + "\n";
    }
    return says;
  }

  void ExpectConvergence() {
    cluster_.AwaitReady();
    std::optional<std::string> why;
    ASSERT_TRUE(WaitFor([&] { return !(why = WhyNotConverged()).has_value(); }, kConvergence))
        << *why;
    std::string doctor;
    EXPECT_TRUE(WaitFor([&] { return (doctor = DoctorSays()).empty(); }, kConvergence)) << doctor;
  }

  // Compares the log of every controller from its start to the end of what was acknowledged, and
  // waits until each broker has been judged there.
  void ReadEverythingOnceMore() {
    const int64_t end = std::max(history_.acknowledged(), log_.end_offset());
    ASSERT_TRUE(WaitFor([&] { return log_.end_offset() >= end; }))
        << "offset " << end << " was acknowledged, and the log ends at " << log_.end_offset();
    for (const auto& watch : log_watches_) {
      const int reads = watch->complete_reads();
      // The read that is in progress may have passed the batches of the last faults already.
      EXPECT_TRUE(WaitFor([&] { return watch->complete_reads() >= reads + 2; }));
    }
    const int judged = broker_checks_.judged();
    EXPECT_TRUE(WaitFor([&] { return broker_checks_.judged() >= judged + 3 * kBrokers; }));
  }

  // Ends every controller in good order, and verifies what it leaves on its disk.
  void VerifyDirectories() {
    for (int node = 1; node <= kControllers; ++node) {
      cluster_.controller(node).Signal(SIGTERM);
      const auto status = cluster_.controller(node).Wait(kPatience);
      ASSERT_TRUE(status) << "controller " << node << " does not stop";
      EXPECT_EQ(status->code, 0) << status->ToString();
      const RunResult verified = testing::Run({QuoratectlProgram(), "log", "verify",
                                               "--data-dir=" + cluster_.ControllerDirectory(node)});
      EXPECT_EQ(verified.status.code, 0) << verified.output << verified.errors;
    }
  }

  Cluster cluster_;
  Violations violations_;
  CommittedLog log_;
  BrokerChecks broker_checks_;
  ClientHistory history_;
  std::vector<std::unique_ptr<LogWatch>> log_watches_;
  std::vector<std::unique_ptr<BrokerWatch>> broker_watches_;
  std::vector<std::unique_ptr<LoadClient>> clients_;
};

TEST_F(ChaosTest, NothingAcknowledgedIsLostAndEverythingConverges) {
  const auto seed = FromEnvironment<uint64_t>("CHAOS_SEED", Rng::SystemSeed() % 1'000'000);
  const seconds duration(FromEnvironment<int>("CHAOS_SECONDS", 60));
  Narrate(absl::StrFormat("CHAOS_SEED=%d CHAOS_SECONDS=%d, logs in %s", seed, duration.count(),
                          cluster_.directory()));
  cluster_.Start();
  StartWatches();
  StartClients(seed);
  FaultInjector(&cluster_, &violations_)
      .Run(PlanFaults(
          {.seed = seed, .duration = duration, .controllers = kControllers, .brokers = kBrokers}));
  Narrate("the faults are over");
  for (const auto& client : clients_) client->Stop();
  ExpectConvergence();
  ReadEverythingOnceMore();
  for (const auto& watch : broker_watches_) watch->Stop();
  for (const auto& watch : log_watches_) watch->Stop();
  history_.Judge(log_, violations_);
  VerifyDirectories();

  Narrate(
      absl::StrFormat("%s; %d batches up to offset %d, epoch %d, %d snapshots; %d "
                      "reports of brokers",
                      history_.Summary(), log_.batch_count(), log_.end_offset(), log_.end().epoch,
                      log_.compared_snapshots(), broker_checks_.judged()));
  EXPECT_THAT(violations_.all(), ::testing::IsEmpty()) << "CHAOS_SEED=" << seed;
}

}  // namespace
}  // namespace quorate::testing
