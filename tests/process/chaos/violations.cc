#include "tests/process/chaos/violations.h"

#include <chrono>
#include <iostream>

#include "absl/strings/str_format.h"

namespace quorate::testing {
namespace {

constexpr size_t kMaxViolations = 50;

}  // namespace

void Violations::Add(const std::string& what) {
  {
    const std::lock_guard lock(mutex_);
    if (all_.size() >= kMaxViolations) return;
    all_.push_back(what);
  }
  Narrate("VIOLATION: " + what);
}

std::vector<std::string> Violations::all() const {
  const std::lock_guard lock(mutex_);
  return all_;
}

void Narrate(const std::string& line) {
  static std::mutex mutex;
  static const auto start = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex);
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
  std::cout << absl::StrFormat("%7.2f s  %s\n", elapsed.count(), line) << std::flush;
}

}  // namespace quorate::testing
