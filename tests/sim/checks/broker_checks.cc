#include "tests/sim/checks/broker_checks.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"

namespace quorate::sim {
namespace {

// A controller may learn that an answer was the last one slightly before the broker reads that
// answer.
constexpr Duration kSlack = std::chrono::milliseconds(100);

}  // namespace

void BrokerChecks::OnClaimed(Epoch epoch, MonoTime now) { claimed_[epoch] = now; }

void BrokerChecks::OnAnswered(BrokerId broker, Epoch epoch, MonoTime now) {
  answered_[{epoch, broker}] = now;
}

std::optional<std::string> BrokerChecks::OnUnfenced(Epoch epoch, MonoTime now,
                                                    std::set<BrokerId> unfenced,
                                                    const std::set<BrokerId>& leaving) {
  const std::set<BrokerId> live = std::exchange(unfenced_, std::move(unfenced));
  std::vector<BrokerId> fenced;
  std::set_difference(live.begin(), live.end(), unfenced_.begin(), unfenced_.end(),
                      std::back_inserter(fenced));
  std::erase_if(fenced, [&](BrokerId broker) { return leaving.contains(broker); });
  fences_ += fenced.size();
  if (2 * fenced.size() <= live.size()) return std::nullopt;
  const Duration lost_for = now - LostSince(epoch, live);
  if (lost_for + kSlack >= hold_) return std::nullopt;
  return absl::StrFormat(
      "the leader of epoch %d fences %d of %d brokers, of which half were lost to it for %d ms",
      epoch.value(), fenced.size(), live.size(), ToMs(lost_for));
}

MonoTime BrokerChecks::LostSince(Epoch epoch, const std::set<BrokerId>& live) const {
  const auto claimed = claimed_.find(epoch);
  std::vector<MonoTime> heard;
  for (const BrokerId broker : live) {
    const auto answered = answered_.find({epoch, broker});
    const MonoTime since = claimed == claimed_.end() ? MonoTime() : claimed->second;
    heard.push_back(answered == answered_.end() ? since : answered->second);
  }
  std::sort(heard.begin(), heard.end());
  return heard[live.size() / 2];
}

}  // namespace quorate::sim
