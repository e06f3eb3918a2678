#include "bench/slow_network.h"

#include <algorithm>
#include <array>

#include "base/random.h"

namespace quorate::bench {
namespace {

using std::chrono::milliseconds;

const std::array<SlowNetwork, 3> kNetworks = {{
    {.name = "lan", .attempt_timeout = milliseconds(100)},
    {.name = "wan",
     .delay = milliseconds(40),
     .jitter = milliseconds(10),
     .stall_pause = milliseconds(3000),
     .stall_min = milliseconds(300),
     .stall_max = milliseconds(900),
     .attempt_timeout = milliseconds(2000)},
    {.name = "noisy",
     .delay = milliseconds(5),
     .jitter = milliseconds(5),
     .stall_pause = milliseconds(1500),
     .stall_min = milliseconds(200),
     .stall_max = milliseconds(800),
     .attempt_timeout = milliseconds(2000)},
}};

}  // namespace

const SlowNetwork* FindNetwork(const std::string& name) {
  const auto* found = std::find_if(kNetworks.begin(), kNetworks.end(),
                                   [&](const SlowNetwork& each) { return each.name == name; });
  return found == kNetworks.end() ? nullptr : found;
}

NetworkFaults::NetworkFaults(const SlowNetwork& network, testing::Cluster& cluster)
    : network_(network), cluster_(cluster) {
  DelayAll();
  if (network_.stall_pause.count() > 0) thread_ = std::thread([this] { Stall(); });
}

NetworkFaults::~NetworkFaults() {
  stop_ = true;
  if (thread_.joinable()) thread_.join();
}

void NetworkFaults::DelayAll() {
  const int controllers = cluster_.options().controllers;
  for (int from = 1; from <= controllers; ++from) {
    for (const int to : cluster_.Others(from)) {
      cluster_.PeerProxy(from, to).Delay(network_.delay, network_.jitter);
    }
  }
}

void NetworkFaults::Stall() {
  Rng rng(Rng::SystemSeed());
  const auto below = [&rng](milliseconds bound) {
    return milliseconds(rng.Below(static_cast<uint64_t>(bound.count()) + 1));
  };
  while (Pause(below(2 * network_.stall_pause))) {
    const int node =
        1 + static_cast<int>(rng.Below(static_cast<uint64_t>(cluster_.options().controllers)));
    cluster_.Isolate(node);
    Pause(network_.stall_min + below(network_.stall_max - network_.stall_min));
    cluster_.Rejoin(node);
    DelayAll();
  }
}

bool NetworkFaults::Pause(milliseconds duration) const {
  const auto end = std::chrono::steady_clock::now() + duration;
  while (!stop_) {
    const auto left = end - std::chrono::steady_clock::now();
    if (left.count() <= 0) return true;
    std::this_thread::sleep_for(
        std::min<std::chrono::steady_clock::duration>(left, milliseconds(10)));
  }
  return false;
}

}  // namespace quorate::bench
