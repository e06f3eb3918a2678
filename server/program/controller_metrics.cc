#include "server/program/controller_metrics.h"

#include <optional>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "controller/cluster_status.h"
#include "raft/api/quorum_status.h"
#include "server/metrics/audit_metrics.h"
#include "server/metrics/call_metrics.h"
#include "server/metrics/change_metrics.h"
#include "server/metrics/cluster_metrics.h"
#include "server/metrics/connection_metrics.h"
#include "server/metrics/feed_metrics.h"
#include "server/metrics/health_metrics.h"
#include "server/metrics/loop_metrics.h"
#include "server/metrics/metric_table.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/router_metrics.h"
#include "server/metrics/session_metrics.h"
#include "server/metrics/tls_metrics.h"
#include "server/program/member_metrics.h"
#include "server/program/service_metrics.h"

namespace quorate::server {
namespace {

// How long a page waits for a part of the process that does not answer.
constexpr Duration kAnswerTimeout = std::chrono::seconds(1);

}  // namespace

struct ControllerMetrics::Collection {
  absl::AnyInvocable<void(std::string page) &&> done;
  std::optional<raft::QuorumStatus> quorum;
  std::optional<controller::Answer<controller::ClusterStatus>> cluster;
  std::optional<FeedStatus> feed;

  bool is_complete() const { return quorum && cluster && feed; }
};

void ControllerMetrics::Collect(absl::AnyInvocable<void(std::string page) &&> done) {
  auto collection = std::make_shared<Collection>();
  collection->done = std::move(done);
  Executor* const loop = &parts_.member->loops().query;
  loop->PostAt(parts_.member->clock().Now() + kAnswerTimeout,
               [this, collection] { FinishIfComplete(*collection, /*late=*/true); });
  parts_.member->raft().Describe([this, loop, collection](raft::QuorumStatus quorum) {
    loop->Post([this, collection, quorum = std::move(quorum)]() mutable {
      collection->quorum = std::move(quorum);
      FinishIfComplete(*collection, /*late=*/false);
    });
  });
  parts_.controller->ReadStatus(
      [this, loop, collection](controller::Answer<controller::ClusterStatus> cluster) {
        loop->Post([this, collection, cluster = std::move(cluster)]() mutable {
          collection->cluster = std::move(cluster);
          FinishIfComplete(*collection, /*late=*/false);
        });
      });
  parts_.hub->Describe([this, loop, collection](const FeedStatus& feed) {
    loop->Post([this, collection, feed] {
      collection->feed = feed;
      FinishIfComplete(*collection, /*late=*/false);
    });
  });
}

void ControllerMetrics::FinishIfComplete(Collection& collection, bool late) {
  if (!collection.done || !(collection.is_complete() || late)) return;
  MetricsPage page;
  AddProcessMetrics("quorate-controller", page);
  AddConnectionMetrics("client", parts_.front_end->connections(), page);
  AddConnectionMetrics("peer", parts_.member->connections(), page);
  AddTlsMetrics("client", parts_.tls->clients(), page);
  AddTlsMetrics("peer", parts_.tls->peers(), page);
  if (parts_.tls->is_used()) AddRefusedCalls(parts_.tls->access().refused(), page);
  const MonoTime now = parts_.member->clock().Now();
  for (const EventLoop* loop : parts_.member->loops().All()) AddLoopMetrics(*loop, now, page);
  const controller::QuorumController& controller = *parts_.controller;
  page.Add(kActiveController, controller.is_active() ? 1 : 0);
  AddChangeMetrics(controller.partition_instruments(), page);
  AddBrokerMetrics(controller.broker_instruments(), page);
  AddHealthMetrics(controller.admission_metrics(), parts_.auditor->metrics(),
                   parts_.log_clock->BehindMs(), page);
  AddCalls(page);
  AddAuditMetrics(*parts_.audit_log, page);
  AddRouterMetrics(*parts_.router, page);
  AddFeedMetrics(parts_.hub->instruments(), page);
  AddMemberMetrics(*parts_.member, page);
  if (collection.quorum) AddQuorumStatus(*collection.quorum, now, page);
  if (collection.cluster) {
    const auto* cluster = std::get_if<controller::ClusterStatus>(&*collection.cluster);
    if (cluster != nullptr) {
      AddClusterMetrics(*cluster, page);
      if (cluster->active) {
        AddSessionMetrics(cluster->active->sessions, page);
        AddDecisionMetrics(*cluster->active, page);
      }
    }
  }
  if (collection.feed) AddFeedMetrics(*collection.feed, page);
  page.Add(kMetricsComplete, collection.is_complete() ? 1 : 0);
  std::move(std::exchange(collection.done, nullptr))(page.Render());
}

void ControllerMetrics::AddCalls(MetricsPage& page) const {
  std::vector<const MethodService*> services = parts_.front_end->services();
  services.push_back(parts_.process_service);
  for (const MethodService* service : services) AddServiceMetrics(*service, page);
  page.Add(kCallsOverRate, parts_.front_end->rates().refused());
  parts_.front_end->budgets().ForEachBudget([&page](std::string_view name, const Budget& budget) {
    AddBudgetMetrics(name, budget, page);
  });
}

}  // namespace quorate::server
