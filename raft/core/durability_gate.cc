#include "raft/core/durability_gate.h"

#include <algorithm>

#include "base/check.h"

namespace quorate::raft {

void DurabilityGate::Issued(LogIndex last_index, MonoTime now) {
  pending_.push_back({.last_index = last_index, .issued = now});
}

void DurabilityGate::TruncatedAfter(LogIndex index) {
  durable_index_ = std::min(durable_index_, index);
  for (Pending& write : pending_) write.last_index = std::min(write.last_index, index);
}

std::vector<effect::Reply> DurabilityGate::Completed(WriteId id) {
  CHECK(!pending_.empty());
  CHECK_EQ(id, completed_ + 1) << "writes finish in order";
  completed_ = id;
  durable_index_ = std::max(durable_index_, pending_.front().last_index);
  pending_.pop_front();
  std::vector<effect::Reply> released;
  while (!held_.empty() && held_.front().first <= id) {
    released.push_back(std::move(held_.front().second));
    held_.pop_front();
  }
  return released;
}

WriteId DurabilityGate::Covering(LogIndex index) const {
  if (index <= durable_index_) return completed_;
  const auto it = std::partition_point(pending_.begin(), pending_.end(),
                                       [index](const Pending& w) { return w.last_index < index; });
  return completed_ + static_cast<WriteId>(it - pending_.begin()) + 1;
}

void DurabilityGate::Hold(WriteId id, effect::Reply reply) {
  CHECK(!IsDurable(id));
  // Usually it waits for the newest write. A reply for an older write goes before those that wait
  // longer.
  const auto position = std::upper_bound(
      held_.begin(), held_.end(), id, [](WriteId value, const auto& h) { return value < h.first; });
  held_.emplace(position, id, std::move(reply));
}

std::optional<MonoTime> DurabilityGate::OldestIssue() const {
  if (pending_.empty()) return std::nullopt;
  return pending_.front().issued;
}

}  // namespace quorate::raft
