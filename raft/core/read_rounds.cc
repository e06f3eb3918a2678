#include "raft/core/read_rounds.h"

#include <utility>

namespace quorate::raft {

void ReadRounds::Add(PendingRead read) { waiting_.push_back(read); }

bool ReadRounds::Begin(LogIndex commit_index) {
  if (waiting_.empty() || is_under_way()) return false;
  in_round_.swap(waiting_);
  read_index_ = commit_index;
  ++sequence_;
  return true;
}

std::vector<PendingRead> ReadRounds::Finish() { return std::exchange(in_round_, {}); }

std::vector<PendingRead> ReadRounds::Abandon() {
  std::vector<PendingRead> reads = std::exchange(in_round_, {});
  reads.insert(reads.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
  return reads;
}

}  // namespace quorate::raft
