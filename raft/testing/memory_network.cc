#include "raft/testing/memory_network.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quorate::raft {

class MemoryNetwork::Port final : public Transport {
 public:
  Port(MemoryNetwork* network, PeerHello hello) : network_(network), hello_(std::move(hello)) {}

  void Send(NodeId to, Message message) override {
    network_->Deliver(id(), to, network_->SessionOf(id(), to), std::move(message));
  }
  void Reply(SessionId session, Message message) override {
    network_->Deliver(id(), NodeId(static_cast<int32_t>(session >> 32)), 0, std::move(message));
  }
  void SayGoodbye(GoodbyeReason reason, Epoch epoch) override {
    network_->goodbyes_.emplace_back(id(), reason);
    for (const auto& [peer, port] : network_->ports_) {
      if (peer == id() || !network_->AreConnected(id(), peer)) continue;
      network_->executor_->Post([port = port.get(), from = hello_.key, reason, epoch] {
        if (port->events_ != nullptr) port->events_->OnGoodbye(from, reason, epoch);
      });
    }
  }
  void Announce(bool has_log, std::optional<VoterSet> voter_set) override {
    hello_.has_log = has_log;
    hello_.voter_set = std::move(voter_set);
  }

  NodeId id() const { return hello_.key.node_id; }
  const PeerHello& hello() const { return hello_; }
  TransportEvents* events() const { return events_; }
  void SetEvents(TransportEvents* events) { events_ = events; }

 private:
  MemoryNetwork* const network_;
  PeerHello hello_;
  TransportEvents* events_ = nullptr;
};

MemoryNetwork::MemoryNetwork(Executor* executor) : executor_(executor) {}

MemoryNetwork::~MemoryNetwork() = default;

Transport* MemoryNetwork::Add(ReplicaKey key, std::string endpoint,
                              std::vector<NodeId> configured_voters) {
  auto& port = ports_[key.node_id];
  CHECK(!port);
  port = std::make_unique<Port>(this, PeerHello{.key = key,
                                                .peer_endpoint = std::move(endpoint),
                                                .configured_voters = std::move(configured_voters)});
  return port.get();
}

void MemoryNetwork::SetEvents(NodeId id, TransportEvents* events) {
  ports_.at(id)->SetEvents(events);
}

void MemoryNetwork::Connect(NodeId a, NodeId b) {
  if (!links_.insert(std::minmax(a, b)).second) return;
  for (const auto& [self, peer] : {std::pair(a, b), std::pair(b, a)}) {
    TransportEvents* events = ports_.at(self)->events();
    const PeerHello& hello = ports_.at(peer)->hello();
    events->OnPeerHello(hello);
    for (const StreamClass stream : kStreamClasses) events->OnStreamUp(peer, stream, hello.key);
  }
}

void MemoryNetwork::Disconnect(NodeId a, NodeId b) {
  if (links_.erase(std::minmax(a, b)) == 0) return;
  for (const auto& [self, peer] : {std::pair(a, b), std::pair(b, a)}) {
    TransportEvents* events = ports_.at(self)->events();
    if (events == nullptr) continue;
    for (const StreamClass stream : kStreamClasses) events->OnStreamDown(peer, stream);
  }
}

void MemoryNetwork::Kill(NodeId id) {
  SetEvents(id, nullptr);
  for (const auto& [peer, port] : ports_) {
    if (peer == id || !AreConnected(id, peer)) continue;
    Disconnect(id, peer);
    if (port->events() != nullptr) port->events()->OnPeerDead(id);
  }
}

SessionId MemoryNetwork::SessionOf(NodeId asker, NodeId asked) const {
  return static_cast<SessionId>(asker.value()) << 32 | static_cast<SessionId>(asked.value());
}

void MemoryNetwork::Deliver(NodeId from, NodeId to, SessionId session, Message message) {
  if (!AreConnected(from, to)) return;
  executor_->Post([this, from, to, session, message = std::move(message)]() mutable {
    TransportEvents* events = ports_.at(to)->events();
    if (events == nullptr || !AreConnected(from, to)) return;
    events->OnMessage(ports_.at(from)->hello().key, session, std::move(message));
  });
}

}  // namespace quorate::raft
