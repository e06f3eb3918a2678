// Acts on the brokers' sessions: arms the timer, dials who fell silent, and fences who is dead.
// Apart from BrokerSessions, which only judges, and from the pipeline, which knows no brokers.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/alarm.h"
#include "controller/broker_prober.h"
#include "controller/broker_sessions.h"
#include "controller/cut_off_guard.h"
#include "controller/request_pipeline.h"

namespace quorate::controller {

// On the controller's loop only.
class BrokerWatch {
 public:
  // Everything must outlive the watch.
  BrokerWatch(NodeId self, SessionOptions options, Executor* executor, const Clock* clock,
              BrokerProber* prober, RequestPipeline* pipeline);

  // This controller is active from now on, or no longer.
  void TakeOver();
  void Clear();

  // A heartbeat of the broker's current registration has come. Fences nobody: it may be called
  // while the heartbeat is being decided.
  void Contact(StreamId stream, const broker::v1::HeartbeatRequest& heartbeat);
  // The same heartbeat said that the broker wants to stop, or that it does not.
  void WantsToStop(BrokerId broker, bool wants);
  // A request of the broker has been decided, and has changed its registration if `changed`.
  void Decided(BrokerId broker, bool changed);
  void StreamEnded(StreamId stream, StreamEnd end);

  // Fences and dials the brokers that are due. Call when decisions have become possible again.
  void Check();

  CutOffGuard& guard() { return guard_; }
  const CutOffGuard& guard() const { return guard_; }
  BrokerSessions& sessions() { return sessions_; }
  const BrokerSessions& sessions() const { return sessions_; }

 private:
  // Check, once for all that happens before the loop comes to it: a thousand streams that break
  // together cost one look at a thousand sessions.
  void CheckSoon();
  void OnAlarm();
  // Adds brokers that were to be unfenced when the controller before this one was lost: they were
  // given leaderships, and are fenced.
  void AddUnfinished(BrokerSessions::Due* due);
  void Dial(const BrokerSessions::DueProbe& probe);
  void Depart(const BrokerSessions::Due& due);

  const SessionOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  BrokerProber* const prober_;
  RequestPipeline* const pipeline_;
  BrokerSessions sessions_;
  CutOffGuard guard_;
  Alarm alarm_;
  // When the alarm was to fire at the latest.
  MonoTime alarm_due_ = kNever;
  bool check_is_due_ = false;
  // A stream was opened since the last Check.
  bool stream_opened_ = false;
};

}  // namespace quorate::controller
