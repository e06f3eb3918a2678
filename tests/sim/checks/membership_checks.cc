#include "tests/sim/checks/membership_checks.h"

#include "absl/strings/str_format.h"

namespace quorate::sim {

void MembershipChecks::OnStep(const NodeRecord& node, MonoTime now) {
  if (!node.now.leads()) return;
  Ends& ends = ends_[node.key];
  if (node.JustLeads()) ends = {{now, node.before.last_index}};
  if (ends.back().second != node.now.last_index) ends.emplace_back(now, node.now.last_index);
  Forget(node, now, ends);
}

// The first remaining element is the end of the log one timeout ago, or at the time when the node
// began to lead.
void MembershipChecks::Forget(const NodeRecord& node, MonoTime now, Ends& ends) {
  const MonoTime oldest = now - node.options.check_quorum_timeout;
  while (ends.size() > 1 && ends[1].first <= oldest) ends.pop_front();
}

void MembershipChecks::OnDecided(const NodeRecord& node, MonoTime now, const raft::VoterSet& next) {
  Ends& ends = ends_[node.key];
  Forget(node, now, ends);
  const DiskState& own = node.disk.written();
  for (const raft::Voter& voter : next.voters()) {
    if (own.voters().Contains(voter.key)) continue;
    const std::string who =
        absl::StrFormat(" (controller %d, directory %s)", voter.key.node_id.value(),
                        voter.key.directory_id.ToString());
    if (!requested_.contains(voter.key)) {
      cluster_.Violated(9, node.id(), "makes a voter of a replica that nobody asked for" + who);
    }
    const LogIndex end = ends.front().second;
    const NodeRecord* replica = cluster_.Find(voter.key);
    if (replica == nullptr || !replica->disk.durable().log.Holds(end, own.log.At(end).mark)) {
      cluster_.Violated(9, node.id(), "makes a voter of an observer that has not caught up" + who);
    }
  }
}

}  // namespace quorate::sim
