#include "server/program/log_level.h"

#include <algorithm>

#include "base/check.h"
#include "base/mutex.h"

namespace quorate::server {
namespace {

constexpr size_t kDebug = 0;
constexpr size_t kInfo = 1;

// Indexes of LogLevels().
struct Levels {
  Mutex mutex;
  size_t current ABSL_GUARDED_BY(mutex) = kInfo;
  size_t before_debug ABSL_GUARDED_BY(mutex) = kInfo;
};

Levels& TheLevels() {
  static Levels levels;
  return levels;
}

// glog reads these flags without a lock, as it always does.
void Apply(Levels& levels, size_t level) ABSL_EXCLUSIVE_LOCKS_REQUIRED(levels.mutex) {
  if (level != kDebug) levels.before_debug = level;
  levels.current = level;
  FLAGS_v = level == kDebug ? 1 : 0;
  FLAGS_minloglevel = static_cast<int>(level == kDebug ? kDebug : level - kInfo);
}

}  // namespace

const std::vector<std::string>& LogLevels() {
  static const std::vector<std::string> levels = {"debug", "info", "warning", "error"};
  return levels;
}

std::string SetLogLevel(const std::string& level) {
  const auto found = std::find(LogLevels().begin(), LogLevels().end(), level);
  CHECK(found != LogLevels().end()) << level;
  Levels& levels = TheLevels();
  MutexLock lock(&levels.mutex);
  const size_t before = levels.current;
  Apply(levels, static_cast<size_t>(found - LogLevels().begin()));
  return LogLevels()[before];
}

std::string CurrentLogLevel() {
  Levels& levels = TheLevels();
  MutexLock lock(&levels.mutex);
  return LogLevels()[levels.current];
}

void ToggleDebugLog() {
  Levels& levels = TheLevels();
  MutexLock lock(&levels.mutex);
  Apply(levels, levels.current == kDebug ? levels.before_debug : kDebug);
}

}  // namespace quorate::server
