// Keeps a line that would be logged over and over (a peer that is down, a node that is refused)
// from filling the log: each distinct text once a minute.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"

namespace quorate::server {

// Not thread-safe.
class RepeatedLog {
 public:
  // Whether `text` should be logged now.
  bool Allows(const std::string& text, MonoTime now) {
    const auto it = last_.find(text);
    if (it != last_.end() && now - it->second < kInterval) return false;
    // Strangers choose what a Hello says, so the texts must not pile up.
    if (it == last_.end() && last_.size() >= kMaxTexts) last_.clear();
    last_[text] = now;
    return true;
  }

 private:
  static constexpr Duration kInterval = std::chrono::minutes(1);
  static constexpr size_t kMaxTexts = 256;
  std::map<std::string, MonoTime> last_;
};

}  // namespace quorate::server
