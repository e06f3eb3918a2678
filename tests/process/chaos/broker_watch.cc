#include "tests/process/chaos/broker_watch.h"

#include <chrono>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "client/probes.h"

namespace quorate::testing {
namespace {

constexpr std::chrono::milliseconds kInterval{150};
constexpr std::chrono::seconds kAnswerTimeout{2};

}  // namespace

BrokerWatch::BrokerWatch(const Cluster* cluster, int broker, const CommittedLog* log,
                         BrokerChecks* checks, Violations* violations)
    : cluster_(*cluster),
      broker_(broker),
      log_(*log),
      checks_(*checks),
      violations_(*violations),
      thread_([this] { Run(); }) {}

BrokerWatch::~BrokerWatch() { Stop(); }

void BrokerWatch::Stop() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void BrokerWatch::Run() {
  const HostPort endpoint = *ParseHostPort(cluster_.BrokerEndpoint(broker_));
  for (; !stop_; std::this_thread::sleep_for(kInterval)) {
    auto view = client::ViewBroker(endpoint, kAnswerTimeout, /*with_topics=*/true);
    auto* answer = std::get_if<client::BrokerView>(&view);
    if (answer == nullptr) continue;  // it is dead or paused
    // A view takes several calls. A broker that was restarted between them is not judged.
    const auto later = client::ViewBroker(endpoint, kAnswerTimeout);
    const auto* same = std::get_if<client::BrokerView>(&later);
    if (same == nullptr || same->broker.incarnation_id() != answer->broker.incarnation_id())
      continue;
    const BrokerReport report{.broker = std::move(answer->broker),
                              .roles = std::move(answer->roles),
                              .topics = *std::move(answer->topics)};
    if (AwaitLog(report.end_offset())) checks_.Judge(report);
  }
}

bool BrokerWatch::AwaitLog(int64_t end_offset) {
  const bool reached = WaitFor([&] { return stop_ || log_.end_offset() >= end_offset; });
  if (!reached) {
    violations_.Add(absl::StrFormat("broker %d has offset %d, which no controller serves", broker_,
                                    end_offset));
  }
  return reached && log_.end_offset() >= end_offset;
}

}  // namespace quorate::testing
