#include "server/program/controller_metrics.h"

#include <optional>
#include <utility>
#include <variant>

#include "controller/cluster_status.h"
#include "raft/api/quorum_status.h"
#include "server/metrics/cluster_metrics.h"
#include "server/metrics/loop_metrics.h"
#include "server/metrics/metric_table.h"
#include "server/metrics/metrics_page.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/quorum_metrics.h"
#include "server/program/run_and_wait.h"

namespace quorate::server {
namespace {

constexpr Duration kAnswerTimeout = std::chrono::seconds(1);

}  // namespace

std::string ControllerMetrics::Render() const {
  MetricsPage page;
  AddProcessMetrics("quorate-controller", page);
  for (const EventLoop* loop : loops_->All()) AddLoopMetrics(*loop, clock_->Now(), page);
  page.Add(kActiveController, controller_->is_active() ? 1 : 0);
  const auto quorum = RunAndGet<raft::QuorumStatus>(
      kAnswerTimeout, [this](auto done) { log_->Describe(std::move(done)); });
  if (quorum) AddQuorumMetrics(*quorum, clock_->Now(), page);
  const auto cluster = RunAndGet<controller::Answer<controller::ClusterStatus>>(
      kAnswerTimeout, [this](auto done) { controller_->ReadStatus(std::move(done)); });
  if (cluster && std::holds_alternative<controller::ClusterStatus>(*cluster)) {
    AddClusterMetrics(std::get<controller::ClusterStatus>(*cluster), page);
  }
  page.Add(kMetricsComplete, quorum && cluster ? 1 : 0);
  return page.Render();
}

}  // namespace quorate::server
