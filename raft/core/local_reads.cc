#include "raft/core/local_reads.h"

namespace quorate::raft {

void LocalReads::Open(Token token, MonoTime deadline) {
  deadlines_.emplace(token, deadline);
  by_deadline_.emplace(deadline, token);
}

bool LocalReads::Take(Token token) {
  const auto it = deadlines_.find(token);
  if (it == deadlines_.end()) return false;
  by_deadline_.erase({it->second, token});
  deadlines_.erase(it);
  return true;
}

std::vector<Token> LocalReads::Expire(MonoTime now) {
  std::vector<Token> expired;
  while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
    expired.push_back(by_deadline_.begin()->second);
    deadlines_.erase(expired.back());
    by_deadline_.erase(by_deadline_.begin());
  }
  if (expired.empty()) return expired;
  // Confirmed reads are skipped once their turn comes. In these stages they might stay forever.
  const auto closed = [this](Token token) { return deadlines_.count(token) == 0; };
  std::erase_if(waiting_, closed);
  std::erase_if(asked_, closed);
  return expired;
}

std::vector<Token> LocalReads::All() const {
  std::vector<Token> tokens;
  for (const auto& [token, deadline] : deadlines_) tokens.push_back(token);
  return tokens;
}

Token LocalReads::Ask() {
  asked_.swap(waiting_);
  return ++request_;
}

void LocalReads::Confirm(LogIndex index) {
  for (const Token token : Forget()) confirmed_.emplace(index, token);
}

std::vector<LocalReads::Ready> LocalReads::Release(LogIndex commit_index) {
  std::vector<Ready> ready;
  while (!confirmed_.empty()) {
    const auto [index, token] = *confirmed_.begin();
    if (index > commit_index) break;
    confirmed_.erase(confirmed_.begin());
    if (Take(token)) ready.push_back({.token = token, .index = index});
  }
  return ready;
}

}  // namespace quorate::raft
