// Keeps a message that repeats (a peer is down, a node is refused) from filling the log: each
// distinct text is allowed once a minute.
#pragma once

#include <map>
#include <string>

#include "base/clock.h"

namespace quorate::server {

// Not thread-safe.
class RepeatedLog {
 public:
  // Returns whether `text` should be logged now.
  bool Allows(const std::string& text, MonoTime now) {
    const auto it = last_.find(text);
    if (it != last_.end() && now - it->second < kInterval) return false;
    // An unknown peer chooses the contents of its Hello, so the number of texts must be bounded.
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
