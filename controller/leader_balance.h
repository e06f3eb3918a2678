// Gives leadership back to the first replicas of partitions after their brokers have returned
// (Kafka: auto.leader.rebalance.enable).
//
// A broker gets leaderships back when it has settled: it is active, its heartbeat stream has been
// open for one interval, and it is in the ISR of nine tenths of its partitions. A broker that is
// still behind in many of them has its hands full, and leads only after kPatience intervals. Only
// partitions in whose ISR it is change.
//
// Nothing moves while leaders change for another reason: while most brokers are lost, while a
// broker is in controlled shutdown, and for one interval after two brokers have left.
//
// The changes are spread out: a few in each step, ten steps in a second. While no broker is the
// first replica of a partition that it could lead and another one leads, no partition is looked at.
//
// What is known here is soft state. After a takeover, every broker needs another interval.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "controller/alarm.h"
#include "controller/broker_watch.h"
#include "controller/controller_ports.h"
#include "controller/decide/leaders/leader_election.h"
#include "controller/request_pipeline.h"

namespace quorate::controller {

struct LeaderBalanceOptions {
  // How long a broker must have been back. Zero: leaders stay where they are.
  Duration interval = std::chrono::seconds(10);
  // The most leaders that move in one second.
  int64_t max_per_second = 10'000;
};

// Used on the controller's loop only.
class LeaderBalance {
 public:
  // A broker that is not in the ISR of nine tenths of its partitions gets leaderships back after
  // this many intervals.
  static constexpr int kPatience = 30;

  // `pipeline` and `watch` must outlive this object.
  LeaderBalance(LeaderBalanceOptions options, const ControllerPorts& ports,
                RequestPipeline* pipeline, const BrokerWatch* watch);

  // This controller has become active (TakeOver) or is no longer active (Clear).
  void TakeOver();
  void Clear();

 private:
  struct Presence {
    int64_t broker_epoch = -1;
    // Since when the broker has been active with an open stream.
    MonoTime since;
  };

  void OnAlarm();
  // Updates `present_` and `departures_`.
  void Observe(MonoTime now);
  // Returns whether leaders change for no other reason.
  bool IsCalm() const;
  // Returns the brokers that have settled and could lead partitions that others lead.
  std::vector<BrokerId> Returning(MonoTime now);
  void MoveSome(std::vector<BrokerId> returning);

  const LeaderBalanceOptions options_;
  // How often to look at the brokers.
  const Duration pause_;
  const Clock* const clock_;
  RequestPipeline* const pipeline_;
  const BrokerWatch* const watch_;
  Alarm alarm_;
  std::map<BrokerId, Presence> present_;
  // When brokers left, within the last interval.
  std::vector<MonoTime> departures_;
  // Where the next step begins.
  PartitionPlace next_;
};

}  // namespace quorate::controller
