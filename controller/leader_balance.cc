#include "controller/leader_balance.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "controller/decide/leaders/balance_leaders.h"

namespace quorate::controller {
namespace {

constexpr Duration kStepPause = std::chrono::milliseconds(100);
constexpr int64_t kStepsPerSecond = std::chrono::seconds(1) / kStepPause;
constexpr Duration kShortestPause = std::chrono::milliseconds(10);
constexpr Duration kLongestPause = std::chrono::seconds(1);
// So many departures within one interval are not a single broker's restart.
constexpr size_t kStorm = 2;

bool IsNearlyInSync(const PartitionTally::Load& load) {
  return (load.replicas - load.in_sync) * 10 <= load.replicas;
}

}  // namespace

LeaderBalance::LeaderBalance(LeaderBalanceOptions options, const ControllerPorts& ports,
                             RequestPipeline* pipeline, const BrokerWatch* watch)
    : options_(options),
      pause_(std::clamp<Duration>(options.interval / 4, kShortestPause, kLongestPause)),
      clock_(ports.clock),
      pipeline_(pipeline),
      watch_(watch),
      alarm_(ports.executor, [this] { OnAlarm(); }) {}

void LeaderBalance::TakeOver() {
  Clear();
  if (options_.interval > Duration::zero()) alarm_.FireBy(clock_->Now());
}

void LeaderBalance::Clear() {
  alarm_.Cancel();
  present_.clear();
  departures_.clear();
  next_ = {};
}

void LeaderBalance::OnAlarm() {
  const MonoTime now = clock_->Now();
  Duration pause = pause_;
  // If leadership is being handed over, or an entry has no room, a later alarm goes on.
  if (pipeline_->role() == RequestPipeline::Role::kActive) {
    Observe(now);
    std::vector<BrokerId> returning;
    if (IsCalm()) returning = Returning(now);
    if (!returning.empty()) {
      pause = std::min(pause, kStepPause);
      if (pipeline_->MayAppend()) MoveSome(std::move(returning));
    }
  }
  alarm_.FireBy(now + pause);
}

void LeaderBalance::Observe(MonoTime now) {
  std::map<BrokerId, Presence> present;
  for (const auto& [id, broker] : pipeline_->newest().brokers()) {
    if (!broker->active() || !watch_->sessions().IsConnected(id)) continue;
    const auto before = present_.find(id);
    const bool stayed =
        before != present_.end() && before->second.broker_epoch == broker->broker_epoch;
    present[id] = {.broker_epoch = broker->broker_epoch,
                   .since = stayed ? before->second.since : now};
  }
  std::erase_if(departures_, [&](MonoTime left) { return left + options_.interval <= now; });
  for (const auto& [id, presence] : present_) {
    const auto it = present.find(id);
    const bool left = it == present.end() || it->second.broker_epoch != presence.broker_epoch;
    if (left && departures_.size() < kStorm) departures_.push_back(now);
  }
  present_ = std::move(present);
}

bool LeaderBalance::IsCalm() const {
  if (watch_->guard().loss() || departures_.size() >= kStorm) return false;
  const auto& brokers = pipeline_->newest().brokers();
  return std::none_of(brokers.begin(), brokers.end(), [](const auto& entry) {
    return !entry.second->fenced && entry.second->in_controlled_shutdown;
  });
}

std::vector<BrokerId> LeaderBalance::Returning(MonoTime now) {
  std::vector<BrokerId> returning;
  for (const auto& [id, presence] : present_) {
    const PartitionTally::Load load = pipeline_->NewestLoadOf(id);
    if (load.led_by_others == 0) continue;
    const Duration needed =
        IsNearlyInSync(load) ? options_.interval : kPatience * options_.interval;
    if (presence.since + needed <= now) returning.push_back(id);
  }
  return returning;
}

void LeaderBalance::MoveSome(std::vector<BrokerId> returning) {
  const int64_t max_changes = std::max<int64_t>(1, options_.max_per_second / kStepsPerSecond);
  pipeline_->Execute<std::monostate>(
      [this, returning = std::move(returning), max_changes](const View& view, const Context&) {
        auto decision = DecideBalance(view, returning, {.from = next_, .max_changes = max_changes});
        next_ = decision.settled.rest.value_or(PartitionPlace());
        return decision;
      });
}

}  // namespace quorate::controller
