#include "controller/broker_watch.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/brokers/broker_list.h"
#include "controller/decide/brokers/unregister_broker.h"

namespace quorate::controller {
namespace {

// How soon to try again if the log has no room for a fence.
constexpr Duration kNoRoomRetry = std::chrono::milliseconds(100);
// The most idle brokers that one entry drops. They take about a millisecond.
constexpr size_t kMostDropped = 1'000;

}  // namespace

BrokerWatch::BrokerWatch(NodeId self, SessionOptions options, const ControllerPorts& ports,
                         RequestPipeline* pipeline)
    : options_(options),
      executor_(ports.executor),
      clock_(ports.clock),
      prober_(ports.prober),
      pipeline_(pipeline),
      sessions_(options),
      guard_(self, options, ports, pipeline),
      alarm_(executor_, [this] { OnAlarm(); }) {}

void BrokerWatch::TakeOver() {
  sessions_.TakeOver(pipeline_->newest(), clock_->Now());
  guard_.TakeOver();
  Check();
}

void BrokerWatch::Clear() {
  sessions_.Clear();
  alarm_.Cancel();
  guard_.Clear();
}

void BrokerWatch::RecordHeartbeat(StreamId stream, const broker::v1::HeartbeatRequest& heartbeat) {
  const MonoTime now = clock_->Now();
  if (const auto lateness = sessions_.LatenessOf(stream, heartbeat, now)) {
    instruments_.heartbeat_lateness.Observe(*lateness);
  }
  if (sessions_.RecordHeartbeat(stream, heartbeat, now)) stream_opened_ = true;
  // The heartbeat may end the mass loss, and other actions are then due.
  if (guard_.loss()) CheckSoon();
}

void BrokerWatch::SetWantsToStop(BrokerId broker, bool wants) {
  if (sessions_.SetWantsToStop(broker, wants, clock_->Now())) CheckSoon();
}

void BrokerWatch::Decided(BrokerId broker, bool changed) {
  if (changed) {
    const metadata::MetadataImage& image = pipeline_->newest();
    const metadata::BrokerRegistration& registration = *image.FindBroker(broker);
    sessions_.Registered(broker, registration.broker_epoch, clock_->Now());
  }
  if (changed || stream_opened_) CheckSoon();
}

void BrokerWatch::StreamEnded(StreamId stream, StreamEnd end) {
  if (sessions_.StreamEnded(stream, end, clock_->Now())) CheckSoon();
}

void BrokerWatch::ForgetUnregistered() {
  if (sessions_.ForgetUnregistered(pipeline_->newest())) CheckSoon();
}

void BrokerWatch::CheckSoon() {
  if (std::exchange(check_is_due_, true)) return;
  executor_->Post([this] {
    check_is_due_ = false;
    Check();
  });
}

void BrokerWatch::OnAlarm() {
  // An alarm that fires this late shows that this process stood still, and heartbeats may be queued
  // behind it. A broker does not count as silent while this controller could not receive its
  // messages.
  const MonoTime now = clock_->Now();
  if (now > alarm_due_ + options_.grace) {
    LOG(WARNING) << "the controller's loop stood still for " << ToMs(now - alarm_due_)
                 << " ms; brokers get another " << ToMs(options_.grace)
                 << " ms to send a heartbeat";
    alarm_due_ = now + options_.grace;
    alarm_.FireBy(alarm_due_);
    return;
  }
  Check();
}

void BrokerWatch::Check() {
  if (pipeline_->role() != RequestPipeline::Role::kActive) return;
  stream_opened_ = false;
  const MonoTime now = clock_->Now();
  BrokerSessions::Due due = sessions_.Check(pipeline_->newest(), now);
  AddUnfinished(&due);
  for (const BrokerSessions::DueProbe& probe : due.probes) Dial(probe);

  alarm_due_ = std::min(due.next, guard_.Observe(due.mass_loss));
  if (!due.fences.empty() || !due.stops.empty()) {
    if (pipeline_->MayAppend()) {
      Depart(due);
    } else {
      alarm_due_ = std::min(alarm_due_, now + kNoRoomRetry);
    }
  }
  alarm_due_ = std::min(alarm_due_, DropIdle(due.silent, now));
  alarm_.Cancel();
  alarm_.FireBy(alarm_due_);
}

MonoTime BrokerWatch::DropIdle(const std::vector<BrokerId>& silent, MonoTime now) {
  if (silent.empty()) return kNever;
  std::vector<BrokerId> idle;
  for (const BrokerId id : silent) {
    if (pipeline_->NewestLoadOf(id).replicas == 0) idle.push_back(id);
  }
  // The others become idle when their replicas are removed, which is not noticed here.
  const MonoTime next = idle.size() > kMostDropped ? now : now + options_.idle_timeout;
  if (idle.empty()) return next;
  if (!pipeline_->MayAppend()) return now + kNoRoomRetry;
  idle.resize(std::min(idle.size(), kMostDropped));
  LOG(INFO) << "dropping the registration of broker " << ListOf(idle)
            << ": fenced, without a replica and silent for " << ToMs(options_.idle_timeout)
            << " ms";
  const size_t count = idle.size();
  pipeline_->Execute<std::monostate>(
      [idle = std::move(idle)](const View& view, const Context& context) {
        return DecideDropIdleBrokers(view, idle, context);
      });
  instruments_.idle_drops.Add(count);
  sessions_.ForgetUnregistered(pipeline_->newest());
  return next;
}

void BrokerWatch::AddUnfinished(BrokerSessions::Due* due) {
  for (const auto& [id, registration] : pipeline_->newest().brokers()) {
    if (registration->fenced && pipeline_->NewestLoadOf(id).leaders > 0) {
      due->fences.push_back({.broker = id, .why = "it is fenced and still leads"});
    }
  }
}

void BrokerWatch::Dial(const BrokerSessions::DueProbe& probe) {
  const metadata::BrokerRegistration& broker = *pipeline_->newest().FindBroker(probe.broker);
  prober_->Probe(broker.endpoint, broker.id, broker.incarnation_id,
                 [this, executor = executor_, probe](ProbeResult result) {
                   executor->Post([this, probe, result] {
                     sessions_.ProbeAnswered(probe, result, clock_->Now());
                     CheckSoon();
                   });
                 });
}

void BrokerWatch::Depart(const BrokerSessions::Due& due) {
  Departures departures{
      .why = due.fences.size() == 1 ? due.fences[0].why : "their sessions are over",
      .stopping = due.stops};
  for (const BrokerSessions::DueFence& fence : due.fences) {
    LOG(INFO) << "broker " << fence.broker << " is taken for dead: " << fence.why;
    departures.dead.push_back(fence.broker);
    // A broker whose unfencing was not finished is fenced already.
    if (!pipeline_->newest().FindBroker(fence.broker)->fenced) instruments_.CountFence(fence.cause);
  }
  pipeline_->Execute<std::monostate>(
      [this, departures = std::move(departures)](const View& view, const Context& context) mutable {
        auto decision = DecideDepartures(view, departures, context);
        if (decision.again) {
          departures.goes_on |= decision.settled.changed > 0;
          return decision;
        }
        for (const BrokerId broker : departures.stopping) {
          if (!IsFencedAtOnce(view, departures, broker)) continue;
          instruments_.CountFence(FenceCause::kControlledShutdown);
        }
        return decision;
      });
}

}  // namespace quorate::controller
