#include "server/program/controller_metrics.h"

#include <optional>
#include <utility>
#include <variant>

#include "controller/cluster_status.h"
#include "raft/api/quorum_status.h"
#include "server/metrics/change_metrics.h"
#include "server/metrics/cluster_metrics.h"
#include "server/metrics/loop_metrics.h"
#include "server/metrics/metric_table.h"
#include "server/metrics/metrics_page.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/quorum_metrics.h"
#include "server/metrics/session_metrics.h"
#include "server/metrics/tls_metrics.h"

namespace quorate::server {
namespace {

// How long a page waits for a part of the process that does not answer.
constexpr Duration kAnswerTimeout = std::chrono::seconds(1);

}  // namespace

struct ControllerMetrics::Collection {
  absl::AnyInvocable<void(std::string page) &&> done;
  std::optional<raft::QuorumStatus> quorum;
  std::optional<controller::Answer<controller::ClusterStatus>> cluster;
};

void ControllerMetrics::Collect(absl::AnyInvocable<void(std::string page) &&> done) {
  auto collection = std::make_shared<Collection>();
  collection->done = std::move(done);
  Executor* const loop = &loops_->query;
  loop->PostAt(clock_->Now() + kAnswerTimeout,
               [this, collection] { FinishIfComplete(*collection, /*late=*/true); });
  log_->Describe([this, loop, collection](raft::QuorumStatus quorum) {
    loop->Post([this, collection, quorum = std::move(quorum)]() mutable {
      collection->quorum = std::move(quorum);
      FinishIfComplete(*collection, /*late=*/false);
    });
  });
  controller_->ReadStatus(
      [this, loop, collection](controller::Answer<controller::ClusterStatus> cluster) {
        loop->Post([this, collection, cluster = std::move(cluster)]() mutable {
          collection->cluster = std::move(cluster);
          FinishIfComplete(*collection, /*late=*/false);
        });
      });
}

void ControllerMetrics::FinishIfComplete(Collection& collection, bool late) {
  const bool is_complete = collection.quorum && collection.cluster;
  if (!collection.done || !(is_complete || late)) return;
  MetricsPage page;
  AddProcessMetrics("quorate-controller", page);
  AddTlsMetrics("client", tls_->clients(), page);
  AddTlsMetrics("peer", tls_->peers(), page);
  const MonoTime now = clock_->Now();
  for (const EventLoop* loop : loops_->All()) AddLoopMetrics(*loop, now, page);
  page.Add(kActiveController, controller_->is_active() ? 1 : 0);
  AddChangeMetrics(controller_->partition_instruments(), page);
  AddBrokerMetrics(controller_->broker_instruments(), page);
  if (collection.quorum) AddQuorumMetrics(*collection.quorum, now, page);
  if (collection.cluster) {
    const auto* cluster = std::get_if<controller::ClusterStatus>(&*collection.cluster);
    if (cluster != nullptr) {
      AddClusterMetrics(*cluster, page);
      if (cluster->active) AddSessionMetrics(cluster->active->sessions, page);
    }
  }
  page.Add(kMetricsComplete, is_complete ? 1 : 0);
  std::move(std::exchange(collection.done, nullptr))(page.Render());
}

}  // namespace quorate::server
