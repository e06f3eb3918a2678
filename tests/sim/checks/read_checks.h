// Checks linearizable reads: invariant 11 (docs/simulation.md).
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "raft/core/effect.h"
#include "raft/core/event.h"
#include "tests/sim/checks/cluster_record.h"

namespace quorate::sim {

class ReadChecks {
 public:
  // `cluster` outlives the checks.
  explicit ReadChecks(ClusterRecord* cluster) : cluster_(*cluster) {}

  void OnEvent(const NodeRecord& node, const raft::Event& event);
  void OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects);

 private:
  // A read that this node received from one of its users or from another node.
  struct OpenRead {
    // The last index that was committed anywhere when the read arrived.
    LogIndex committed;
    // The newest round that had been sent by then. Only an answer to a later round proves that the
    // node still led after the read arrived.
    int64_t sent = 0;
    // The newest round that the node had begun when the last copy of the request arrived. Once a
    // majority has answered a later one, every copy is answered.
    int64_t begun = 0;
    // Whether the leader that received the forwarded read has confirmed it, which was checked
    // there.
    bool confirmed_elsewhere = false;
    // The number of answers that are due. A network may deliver a node's request twice.
    int answers_due = 1;
  };
  // (0, token) for this node's users, (session, token) for other nodes.
  using ReadId = std::pair<raft::SessionId, int64_t>;

  struct Process {
    std::map<ReadId, OpenRead> reads;
    // The newest round that the node has sent as leader of its epoch, and the newest round that
    // each peer has answered.
    int64_t sent = 0;
    std::map<raft::ReplicaKey, int64_t> answered;
  };

  void CheckAnswer(const NodeRecord& node, ReadId id, LogIndex index);
  // A leader answers a read in the step in which it is confirmed. One that it keeps would wait for
  // its deadline, and so would all later reads.
  void CheckNoneIsKept(const NodeRecord& node);
  // Removes a read to which an answer, of any kind, was given.
  void Close(Process& process, ReadId id);
  // Returns whether a majority of the voters has answered a later round than this one.
  bool IsConfirmed(const NodeRecord& node, int64_t round);

  ClusterRecord& cluster_;
  std::map<raft::ReplicaKey, Process> processes_;
};

}  // namespace quorate::sim
