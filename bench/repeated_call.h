// Repeats a call, one at a time, and records how long each took.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "bench/statistics.h"

namespace quorate::bench {

// Owns one thread, on which it makes the calls.
class RepeatedCall {
 public:
  // Begins at once. It pauses between a call's end and the next call. `call` gets 0, 1, 2, …
  RepeatedCall(std::function<void(int64_t n)> call, std::chrono::milliseconds pause)
      : thread_([this, call = std::move(call), pause] {
          for (int64_t n = 0; !stop_; ++n) {
            const auto begun = std::chrono::steady_clock::now();
            call(n);
            took_ms_.push_back(Milliseconds(std::chrono::steady_clock::now() - begun));
            std::this_thread::sleep_for(pause);
          }
        }) {}
  ~RepeatedCall() { Finish(); }
  RepeatedCall(const RepeatedCall&) = delete;
  RepeatedCall& operator=(const RepeatedCall&) = delete;

  // Waits for the call in flight. Returns the time of each call, sorted.
  std::vector<double> Finish() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    std::sort(took_ms_.begin(), took_ms_.end());
    return took_ms_;
  }

 private:
  std::atomic<bool> stop_{false};
  std::vector<double> took_ms_;
  std::thread thread_;
};

}  // namespace quorate::bench
