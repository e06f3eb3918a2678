// Acts on the brokers' sessions: sets the timer, dials brokers whose stream broke, fences dead
// brokers, and drops idle ones. It is separate from BrokerSessions, which only judges, and from the
// pipeline, which knows nothing about brokers.
#pragma once

#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "controller/alarm.h"
#include "controller/broker_instruments.h"
#include "controller/broker_prober.h"
#include "controller/broker_sessions.h"
#include "controller/controller_ports.h"
#include "controller/cut_off_guard.h"
#include "controller/request_pipeline.h"

namespace quorate::controller {

// Used on the controller's loop only.
class BrokerWatch {
 public:
  // `pipeline` must outlive the watch.
  BrokerWatch(NodeId self, SessionOptions options, const ControllerPorts& ports,
              RequestPipeline* pipeline);

  // This controller has become active (TakeOver) or is no longer active (Clear).
  void TakeOver();
  void Clear();

  // A heartbeat of the broker's current registration has arrived. Never fences a broker from within
  // the call, so it may be called while the heartbeat is being decided.
  void RecordHeartbeat(StreamId stream, const broker::v1::HeartbeatRequest& heartbeat);
  // The same heartbeat said whether the broker wants to stop.
  void SetWantsToStop(BrokerId broker, bool wants);
  // A request of the broker has been decided. `changed`: the decision changed its registration.
  void Decided(BrokerId broker, bool changed);
  void StreamEnded(StreamId stream, StreamEnd end);
  // Brokers may have been unregistered.
  void ForgetUnregistered();

  // Fences, dials and drops the brokers that are due. The caller calls this when decisions become
  // possible again.
  void Check();

  // Any thread may read them.
  const BrokerInstruments& instruments() const { return instruments_; }
  BrokerInstruments& instruments() { return instruments_; }
  const CutOffGuard& guard() const { return guard_; }
  BrokerSessions& sessions() { return sessions_; }
  const BrokerSessions& sessions() const { return sessions_; }

 private:
  // Posts one Check for all events until it runs. If a thousand streams break together, the
  // sessions are examined once.
  void CheckSoon();
  void OnAlarm();
  // Adds brokers that are fenced but lead partitions. The previous controller had begun to unfence
  // them and was lost before it finished.
  void AddUnfinished(BrokerSessions::Due* due);
  void Dial(const BrokerSessions::DueProbe& probe);
  void Depart(const BrokerSessions::Due& due);
  // Unregisters those of the silent brokers that hold no replica. Returns when to look again.
  MonoTime DropIdle(const std::vector<BrokerId>& silent, MonoTime now);

  const SessionOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  BrokerProber* const prober_;
  RequestPipeline* const pipeline_;
  BrokerInstruments instruments_;
  BrokerSessions sessions_;
  CutOffGuard guard_;
  Alarm alarm_;
  // When the alarm is due to fire.
  MonoTime alarm_due_ = kNever;
  bool check_is_due_ = false;
  // A stream was opened after the last Check.
  bool stream_opened_ = false;
};

}  // namespace quorate::controller
