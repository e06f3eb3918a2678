#include "server/log_level.h"

#include <algorithm>
#include <atomic>

#include "base/check.h"

namespace quorate::server {
namespace {

constexpr size_t kDebug = 0;
constexpr size_t kInfo = 1;

// Indexes of LogLevels().
std::atomic<size_t> current{kInfo};
std::atomic<size_t> before_debug{kInfo};

// glog reads its flags without a lock, as it does with those of a command line.
void Apply(size_t level) {
  if (level != kDebug) before_debug = level;
  current = level;
  FLAGS_v = level == kDebug ? 1 : 0;
  FLAGS_minloglevel = static_cast<int>(level == kDebug ? kDebug : level - kInfo);
}

}  // namespace

const std::vector<std::string>& LogLevels() {
  static const std::vector<std::string> levels = {"debug", "info", "warning", "error"};
  return levels;
}

void SetLogLevel(const std::string& level) {
  const auto found = std::find(LogLevels().begin(), LogLevels().end(), level);
  CHECK(found != LogLevels().end()) << level;
  Apply(static_cast<size_t>(found - LogLevels().begin()));
}

std::string CurrentLogLevel() { return LogLevels()[current]; }

void ToggleDebugLog() { Apply(current == kDebug ? before_debug.load() : kDebug); }

}  // namespace quorate::server
