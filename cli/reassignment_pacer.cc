#include "cli/reassignment_pacer.h"

#include <algorithm>
#include <utility>

namespace quorate::cli {

void ReassignmentPacer::Add(size_t entry, std::vector<int32_t> brokers) {
  waiting_.push_back({.entry = entry, .brokers = std::move(brokers)});
}

std::vector<size_t> ReassignmentPacer::Next(std::map<int32_t, int64_t> moving, size_t limit) {
  std::vector<size_t> begun;
  const auto begins = [&](const Waiting& next) {
    if (begun.size() == limit) return false;
    const bool has_room = std::all_of(next.brokers.begin(), next.brokers.end(),
                                      [&](int32_t broker) { return moving[broker] < max_; });
    if (!has_room) return false;
    for (const int32_t broker : next.brokers) ++moving[broker];
    begun.push_back(next.entry);
    return true;
  };
  // Not std::remove_if, which does not promise the order of its calls.
  std::vector<Waiting> rest;
  rest.reserve(waiting_.size());
  for (Waiting& next : waiting_) {
    if (!begins(next)) rest.push_back(std::move(next));
  }
  waiting_ = std::move(rest);
  return begun;
}

}  // namespace quorate::cli
