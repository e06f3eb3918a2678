// The paths between brokers and the client ports of controllers. They fail independently of the
// paths between controllers.
#pragma once

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/random.h"
#include "tests/sim/scheduler.h"

namespace quorate::sim {

enum class ClientPath {
  kWhole,
  kRefused,       // connections are reset and refused
  kSwallowed,     // nothing arrives
  kToController,  // only messages from the broker arrive
  kToBroker,      // only messages from the controller arrive
};
inline constexpr uint64_t kClientPaths = 5;

class ClientPaths {
 public:
  enum class Way { kToController, kToBroker };
  // The time after which an end of a connection over a failed path gives it up.
  static constexpr Duration kKeepalive = std::chrono::seconds(2);

  // Both outlive the paths.
  ClientPaths(Scheduler* scheduler, Rng* rng) : scheduler_(*scheduler), rng_(*rng) {}

  void Set(BrokerId broker, NodeId node, ClientPath path) { paths_[{broker, node}].path = path; }
  ClientPath Get(BrokerId broker, NodeId node) const {
    const auto it = paths_.find({broker, node});
    return it == paths_.end() ? ClientPath::kWhole : it->second.path;
  }
  bool Carries(BrokerId broker, NodeId node, Way way) const {
    const ClientPath path = Get(broker, node);
    return path == ClientPath::kWhole ||
           path == (way == Way::kToController ? ClientPath::kToController : ClientPath::kToBroker);
  }

  // Delivers a message that is sent now, in order, or loses it.
  void Carry(BrokerId broker, NodeId node, Way way, Task arrival) {
    if (!Carries(broker, node, way)) return;
    MonoTime& last = paths_[{broker, node}].last_arrival[static_cast<size_t>(way)];
    const Duration delay = kDelayMin + Duration(rng_.Below(kDelayMin.count() * 10));
    last = std::max(last + Duration(1), scheduler_.now() + delay);
    scheduler_.At(last, std::move(arrival));
  }

 private:
  static constexpr Duration kDelayMin = std::chrono::microseconds(50);

  struct State {
    ClientPath path = ClientPath::kWhole;
    // Indexed by Way.
    std::array<MonoTime, 2> last_arrival = {};
  };

  Scheduler& scheduler_;
  Rng& rng_;
  std::map<std::pair<BrokerId, NodeId>, State> paths_;
};

}  // namespace quorate::sim
