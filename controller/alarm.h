// One timer that can be moved: fires once, at the earliest time asked for.
#pragma once

#include <functional>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"

namespace quorate::controller {

// On the executor's loop only. The executor must have run its last task before this is destroyed.
class Alarm {
 public:
  Alarm(Executor* executor, std::function<void()> on_alarm)
      : executor_(executor), on_alarm_(std::move(on_alarm)) {}

  // Fires at `when` or, if that was asked for before, earlier. kNever: changes nothing.
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
