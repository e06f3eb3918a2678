// Keeps one of gRPC's callback threads idle. gRPC 1.51 starts at least two of them. They share one
// set of sockets: a thread that leaves it to run a callback wakes the other one to watch it, and on
// a machine with few processors that switch of threads costs more than a second thread brings
// (docs/benchmarks.md).
#pragma once

#include <memory>

#include "base/mutex.h"

namespace quorate::server {

class CallbackThreadHold {
 public:
  // Whether gRPC starts only two callback threads here. With more processors it starts more, and an
  // idle processor makes the switch cheap.
  static bool IsUseful();

  CallbackThreadHold();
  // Releases the thread, and waits until it has left. Its own channel keeps gRPC's threads until
  // then.
  ~CallbackThreadHold();
  CallbackThreadHold(const CallbackThreadHold&) = delete;
  CallbackThreadHold& operator=(const CallbackThreadHold&) = delete;

 private:
  struct Call;

  // Runs on the thread that is held.
  void Hold();

  Mutex mutex_;
  CondVar changed_;
  bool is_released_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_left_ ABSL_GUARDED_BY(mutex_) = false;
  const std::unique_ptr<Call> call_;
};

}  // namespace quorate::server
