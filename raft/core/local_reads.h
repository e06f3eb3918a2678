// The open reads of this node, ordered by deadline. They are separate from the stages that a read
// goes through, so that a read can expire in any stage without a search.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "raft/core/event.h"

namespace quorate::raft {

class LocalReads {
 public:
  void Add(Token token, MonoTime deadline) {
    deadlines_.emplace(token, deadline);
    by_deadline_.emplace(deadline, token);
  }

  // Ends an open read. Returns false if it expired before.
  bool Take(Token token) {
    const auto it = deadlines_.find(token);
    if (it == deadlines_.end()) return false;
    by_deadline_.erase({it->second, token});
    deadlines_.erase(it);
    return true;
  }

  // Ends and returns the reads whose deadline has come.
  std::vector<Token> Expire(MonoTime now) {
    std::vector<Token> expired;
    while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
      expired.push_back(by_deadline_.begin()->second);
      deadlines_.erase(expired.back());
      by_deadline_.erase(by_deadline_.begin());
    }
    return expired;
  }

  std::vector<Token> All() const {
    std::vector<Token> tokens;
    for (const auto& [token, deadline] : deadlines_) tokens.push_back(token);
    return tokens;
  }

  bool IsOpen(Token token) const { return deadlines_.count(token) > 0; }
  MonoTime next_deadline() const {
    return by_deadline_.empty() ? kNever : by_deadline_.begin()->first;
  }
  size_t size() const { return deadlines_.size(); }

 private:
  std::map<Token, MonoTime> deadlines_;
  std::set<std::pair<MonoTime, Token>> by_deadline_;
};

}  // namespace quorate::raft
