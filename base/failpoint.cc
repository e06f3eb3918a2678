#include "base/failpoint.h"

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/check.h"
#include "base/mutex.h"

namespace quorate {
namespace failpoint_internal {
namespace {

enum class Action { kAbort, kError, kDelay };

struct Armed {
  Action action = Action::kAbort;
  std::chrono::milliseconds delay{0};
  int64_t passes_left = 0;  // before the action starts
};

Mutex mutex;
std::map<std::string, Armed, std::less<>>& Table() {
  static auto* table = new std::map<std::string, Armed, std::less<>>();
  return *table;
}

absl::StatusOr<Armed> ParseAction(const std::string& text) {
  Armed armed;
  std::vector<std::string> parts = absl::StrSplit(text, absl::MaxSplits('@', 1));
  if (parts.size() == 2) {
    int64_t nth = 0;
    if (!absl::SimpleAtoi(parts[1], &nth) || nth < 1) {
      return absl::InvalidArgumentError("'@' must be followed by a number of 1 or more");
    }
    armed.passes_left = nth - 1;
  }
  int64_t ms = 0;
  if (parts[0] == "abort") {
    armed.action = Action::kAbort;
  } else if (parts[0] == "error") {
    armed.action = Action::kError;
  } else if (parts[0].starts_with("delay:") && parts[0].ends_with("ms") &&
             absl::SimpleAtoi(parts[0].substr(6, parts[0].size() - 8), &ms) && ms >= 0) {
    armed.action = Action::kDelay;
    armed.delay = std::chrono::milliseconds(ms);
  } else {
    return absl::InvalidArgumentError("the actions are abort, error and delay:<n>ms");
  }
  return armed;
}

}  // namespace

std::atomic<bool> any_configured{false};

absl::Status Evaluate(std::string_view name) {
  Armed armed;
  {
    MutexLock lock(&mutex);
    const auto it = Table().find(name);
    if (it == Table().end()) return absl::OkStatus();
    if (it->second.passes_left > 0) {
      --it->second.passes_left;
      return absl::OkStatus();
    }
    armed = it->second;
  }
  switch (armed.action) {
    case Action::kAbort:
      kill(getpid(), SIGKILL);
      pause();
      break;
    case Action::kError:
      return absl::InternalError(absl::StrFormat("failpoint %s", name));
    case Action::kDelay:
      std::this_thread::sleep_for(armed.delay);
      break;
  }
  return absl::OkStatus();
}

}  // namespace failpoint_internal

absl::Status ConfigureFailpoints(std::string_view spec) {
  using failpoint_internal::Armed;
  if (spec.empty()) return absl::OkStatus();
  std::map<std::string, Armed, std::less<>> table;
  const std::string text(spec);
  for (const auto piece : absl::StrSplit(text, ',')) {
    const std::vector<std::string> pair = absl::StrSplit(piece, absl::MaxSplits('=', 1));
    const std::string& name = pair[0];
    if (pair.size() != 2 || name.empty()) {
      return absl::InvalidArgumentError(
          absl::StrFormat("failpoint '%s': expected NAME=ACTION", name));
    }
    absl::StatusOr<Armed> armed = failpoint_internal::ParseAction(pair[1]);
    if (!armed.ok()) {
      return absl::InvalidArgumentError(absl::StrFormat("failpoint '%s=%s': %s", name, pair[1],
                                                        std::string(armed.status().message())));
    }
    table[name] = *armed;
  }
  for (const auto& [name, armed] : table) LOG(WARNING) << "failpoint armed: " << name;
  MutexLock lock(&failpoint_internal::mutex);
  failpoint_internal::Table() = std::move(table);
  failpoint_internal::any_configured = true;
  return absl::OkStatus();
}

}  // namespace quorate
