#include "server/program/broker_metrics.h"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "quorate/broker/v1/broker_view_service.pb.h"
#include "server/metrics/broker_metrics.h"
#include "server/metrics/connection_metrics.h"
#include "server/metrics/loop_metrics.h"
#include "server/metrics/metric_table.h"
#include "server/metrics/process_metrics.h"
#include "server/metrics/tls_metrics.h"
#include "server/program/service_metrics.h"

namespace quorate::server {
namespace {

// How long a page waits for a part of the process that does not answer.
constexpr Duration kAnswerTimeout = std::chrono::seconds(1);

// What one loop of the broker knows.
struct LoopStatus {
  broker::v1::DescribeBrokerResponse description;
  // How many streams or subscriptions it has started.
  int64_t started = 0;
};

}  // namespace

struct BrokerMetrics::Collection {
  absl::AnyInvocable<void(std::string page) &&> done;
  std::optional<LoopStatus> session;
  std::optional<LoopStatus> metadata;

  bool is_complete() const { return session && metadata; }
};

void BrokerMetrics::Collect(absl::AnyInvocable<void(std::string page) &&> done) {
  auto collection = std::make_shared<Collection>();
  collection->done = std::move(done);
  Executor* const loop = parts_.loop;
  loop->PostAt(parts_.clock->Now() + kAnswerTimeout,
               [this, collection] { FinishIfComplete(*collection, /*late=*/true); });
  parts_.session_loop->Post([this, loop, collection] {
    LoopStatus session{.started = parts_.broker->heartbeat_streams()};
    parts_.broker->DescribeSession(&session.description);
    loop->Post([this, collection, session = std::move(session)]() mutable {
      collection->session = std::move(session);
      FinishIfComplete(*collection, /*late=*/false);
    });
  });
  loop->Post([this, collection] {
    LoopStatus& metadata = collection->metadata.emplace();
    metadata.started = parts_.broker->subscriptions();
    parts_.broker->DescribeMetadata(&metadata.description);
    FinishIfComplete(*collection, /*late=*/false);
  });
}

void BrokerMetrics::FinishIfComplete(Collection& collection, bool late) {
  if (!collection.done || !(collection.is_complete() || late)) return;
  MetricsPage page;
  AddProcessMetrics("quorate-broker", page);
  AddConnectionMetrics("broker", *parts_.connections, page);
  AddTlsMetrics("broker", parts_.tls, page);
  if (parts_.tls != nullptr) AddRefusedCalls(*parts_.refused, page);
  const MonoTime now = parts_.clock->Now();
  for (const EventLoop* loop : {parts_.loop, parts_.session_loop}) AddLoopMetrics(*loop, now, page);
  AddServiceMetrics(*parts_.process_service, page);
  if (const auto& session = collection.session) {
    AddBrokerSessionMetrics(session->description, session->started, page);
  }
  if (const auto& metadata = collection.metadata) {
    AddBrokerMetadataMetrics(metadata->description, metadata->started, page);
  }
  page.Add(kMetricsComplete, collection.is_complete() ? 1 : 0);
  std::move(std::exchange(collection.done, nullptr))(page.Render());
}

}  // namespace quorate::server
