// A timer that fires once, at the earliest of the requested times.
#pragma once

#include <functional>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"

namespace quorate::controller {

// Used on the executor's loop only. The executor must have run its last task before the alarm is
// destroyed.
class Alarm {
 public:
  Alarm(Executor* executor, std::function<void()> on_alarm)
      : executor_(executor), on_alarm_(std::move(on_alarm)) {}

  // Makes the alarm fire at `when` at the latest. A pending earlier time stays in force. kNever
  // changes nothing.
  void FireBy(MonoTime when) {
    if (when >= when_) return;
    executor_->CancelTimer(timer_);
    when_ = when;
    timer_ = executor_->PostAt(when, [this] {
      when_ = kNever;
      on_alarm_();
    });
  }

  void Cancel() {
    executor_->CancelTimer(timer_);
    when_ = kNever;
  }

 private:
  Executor* const executor_;
  const std::function<void()> on_alarm_;
  TimerId timer_ = kNoTimer;
  MonoTime when_ = kNever;
};

}  // namespace quorate::controller
