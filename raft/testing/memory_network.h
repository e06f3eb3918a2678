// The Transport port between nodes of one process. Messages arrive in the executor's next turn.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/executor.h"
#include "raft/api/transport.h"

namespace quorate::raft {

class MemoryNetwork {
 public:
  // `executor` outlives the network.
  explicit MemoryNetwork(Executor* executor);
  ~MemoryNetwork();

  // Returns the transport of the node `key`. It lives as long as the network.
  Transport* Add(ReplicaKey key, std::string endpoint, std::vector<NodeId> configured_voters);
  // Sets the receiver of what arrives at `id`. Null means that the node is down; its streams must
  // be broken then.
  void SetEvents(NodeId id, TransportEvents* events);

  void Connect(NodeId a, NodeId b);
  void Disconnect(NodeId a, NodeId b);
  bool AreConnected(NodeId a, NodeId b) const { return links_.count(std::minmax(a, b)) > 0; }
  // Breaks all streams of a node; its peers notice its death.
  void Kill(NodeId id);

  // Every Goodbye that was said, in order.
  const std::vector<std::pair<NodeId, GoodbyeReason>>& goodbyes() const { return goodbyes_; }

 private:
  class Port;

  // A session names the node that asked and the node that was asked.
  SessionId SessionOf(NodeId asker, NodeId asked) const;
  void Deliver(NodeId from, NodeId to, SessionId session, Message message);

  Executor* const executor_;
  std::map<NodeId, std::unique_ptr<Port>> ports_;
  std::set<std::pair<NodeId, NodeId>> links_;
  std::vector<std::pair<NodeId, GoodbyeReason>> goodbyes_;
};

}  // namespace quorate::raft
