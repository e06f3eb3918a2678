#include "tests/sim/checks/stranger_checks.h"

#include <algorithm>

namespace quorate::sim {

void StrangerChecks::OnEvent(const raft::Event& event) {
  said_.clear();
  if (const auto* receive = std::get_if<raft::event::Receive>(&event)) {
    if (!cluster_.Knows(receive->from)) said_ = ToString(receive->message);
  } else if (const auto* goodbye = std::get_if<raft::event::PeerGoodbye>(&event)) {
    if (!cluster_.Knows(goodbye->peer)) said_ = "Goodbye";
  }
}

void StrangerChecks::OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects) {
  if (said_.empty()) return;
  const NodeFacts& before = node.before;
  const NodeFacts& now = node.now;
  const auto moved = [&](const char* what) {
    cluster_.Violated(14, node.id(), std::string("a stranger moves its ") + what + ": " + said_);
  };
  if (now.hard_state != before.hard_state) return moved("epoch or vote");
  if (now.role != before.role || now.leader_of_epoch != before.leader_of_epoch) {
    return moved("role or leader");
  }
  if (now.last != before.last || now.last_index != before.last_index) return moved("log");
  if (now.stopped != before.stopped) return moved("life");
  const auto ends_read = [](const raft::Effect& effect) {
    return std::holds_alternative<raft::effect::ReadReady>(effect) ||
           std::holds_alternative<raft::effect::ReadFailed>(effect);
  };
  if (std::any_of(effects.begin(), effects.end(), ends_read)) return moved("reads");
  // A step of a leader may also advance its own work.
  if (now.leads()) return;
  if (now.commit_index != before.commit_index) return moved("commit index");
  if (now.deadline != before.deadline) return moved("timer");
}

}  // namespace quorate::sim
