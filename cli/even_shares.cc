#include "cli/even_shares.h"

#include <algorithm>
#include <numeric>

namespace quorate::cli {
namespace {

// Divides `total` among the brokers of some racks, evenly over the racks, and sets their shares.
void Divide(const std::vector<RackShares>& racks, const std::vector<int64_t>& least,
            const std::vector<int64_t>& now, int64_t total, std::vector<int64_t>* shares) {
  // Those with most now come first.
  const auto has_more_now = [&](size_t a, size_t b) { return now[a] > now[b]; };
  std::vector<size_t> sharing;
  for (const RackShares& rack : racks) {
    sharing.insert(sharing.end(), rack.brokers.begin(), rack.brokers.end());
  }
  std::sort(sharing.begin(), sharing.end());
  std::stable_sort(sharing.begin(), sharing.end(), has_more_now);
  // A broker that has to keep more than an even share keeps that, and does not share.
  int64_t each = 0;
  while (!sharing.empty()) {
    each = total / static_cast<int64_t>(sharing.size());
    const auto end = std::stable_partition(sharing.begin(), sharing.end(),
                                           [&](size_t broker) { return least[broker] <= each; });
    if (end == sharing.end()) break;
    for (auto it = end; it != sharing.end(); ++it) {
      (*shares)[*it] = least[*it];
      total -= least[*it];
    }
    sharing.erase(end, sharing.end());
  }
  for (const size_t broker : sharing) (*shares)[broker] = each;

  // What is left over is one for each of some brokers: first in racks that must keep it.
  int64_t left_over = total - each * static_cast<int64_t>(sharing.size());
  std::vector<bool> may_get_one(least.size());
  for (const size_t broker : sharing) may_get_one[broker] = true;
  const auto give_one = [&](size_t broker) {
    if (left_over == 0 || !may_get_one[broker]) return false;
    may_get_one[broker] = false;
    ++(*shares)[broker];
    --left_over;
    return true;
  };
  for (const RackShares& rack : racks) {
    int64_t missing = rack.least;
    for (const size_t broker : rack.brokers) missing -= (*shares)[broker];
    std::vector<size_t> brokers = rack.brokers;
    std::stable_sort(brokers.begin(), brokers.end(), has_more_now);
    for (const size_t broker : brokers) {
      if (missing > 0 && give_one(broker)) --missing;
    }
  }
  for (const size_t broker : sharing) give_one(broker);
}

}  // namespace

std::vector<int64_t> EvenShares(const std::vector<int64_t>& least, const std::vector<int64_t>& now,
                                int64_t total) {
  RackShares all;
  all.brokers.resize(least.size());
  std::iota(all.brokers.begin(), all.brokers.end(), 0);
  return EvenSharesInRacks({all}, least, now, total);
}

std::vector<int64_t> EvenSharesInRacks(const std::vector<RackShares>& racks,
                                       const std::vector<int64_t>& least,
                                       const std::vector<int64_t>& now, int64_t total) {
  std::vector<int64_t> shares(least.size());
  std::vector<RackShares> sharing = racks;
  size_t brokers = least.size();
  while (true) {
    // Such a rack has more than an even share.
    const auto it = std::find_if(sharing.begin(), sharing.end(), [&](const RackShares& rack) {
      return rack.least * static_cast<int64_t>(brokers) >
             total * static_cast<int64_t>(rack.brokers.size());
    });
    if (it == sharing.end()) break;
    Divide({*it}, least, now, it->least, &shares);
    total -= it->least;
    brokers -= it->brokers.size();
    sharing.erase(it);
  }
  Divide(sharing, least, now, total, &shares);
  return shares;
}

}  // namespace quorate::cli
