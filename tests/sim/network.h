// The network between simulated machines: connections whose messages take time, get lost, come
// twice or out of order, and paths that are cut or clogged, each direction for itself. What the
// ends of a connection make of it is in endpoint.h.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/random.h"
#include "raft/transport.h"
#include "tests/sim/scheduler.h"

namespace quorate::sim {

class Endpoint;

struct NetworkOptions {
  // One message's way.
  Duration delay_min = std::chrono::microseconds(50);
  Duration delay_max = std::chrono::microseconds(500);
  // Of each million messages. TCP does not do this to a stream; Raft must bear it all the same.
  uint64_t lost_ppm = 0;
  uint64_t duplicated_ppm = 0;
  uint64_t reordered_ppm = 0;
  // How much longer than its like a reordered message takes, at most.
  Duration reorder_by = std::chrono::milliseconds(20);
  // A connection over a path that is cut is given up after this time.
  Duration keepalive = std::chrono::seconds(2);
  // How long who was dialled may take a connection for alive that the other end has given up.
  Duration stale_max = std::chrono::seconds(1);
};

// One connection: a stream of questions one way and of answers the other.
struct Connection {
  enum class Way { kForth, kBack };
  enum class State { kDialling, kUp, kClosed };

  raft::SessionId id = 0;
  raft::StreamClass stream = raft::StreamClass::kControl;
  Endpoint* dialler = nullptr;
  NodeId to;
  // Of the dialler.
  State state = State::kDialling;
  // Who accepted it; null: nobody has, or does any more.
  Endpoint* acceptor = nullptr;
  // By way.
  std::array<MonoTime, 2> last_arrival = {};
};

class Network {
 public:
  // Both outlive the network.
  Network(Scheduler* scheduler, Rng* rng, const NetworkOptions& options)
      : scheduler_(*scheduler), rng_(*rng), options_(options) {}

  const NetworkOptions& options() const { return options_; }
  Scheduler& scheduler() { return scheduler_; }
  Rng& rng() { return rng_; }

  // The process that runs on a machine now; null: none does.
  void SetProcess(NodeId id, Endpoint* endpoint) { processes_[id] = endpoint; }
  Endpoint* ProcessOf(NodeId id) const {
    const auto it = processes_.find(id);
    return it == processes_.end() ? nullptr : it->second;
  }

  // A new connection, which lives as long as the network.
  Connection* Open(Endpoint* dialler, NodeId to, raft::StreamClass stream);
  // As named by its session id.
  Connection* Find(raft::SessionId id) { return &connections_[id - 1]; }

  // Delivers what must arrive if anything does (a connection's begin and end).
  void Carry(Connection* connection, Connection::Way way, Task arrival);
  // Delivers a message to whoever is at the other end then.
  void Send(Connection* connection, Connection::Way way, raft::Message message);
  // Delivers something that is not the controllers' own, such as a request that one forwards to
  // another: alike, once at most, and in no order.
  void Pass(NodeId from, NodeId to, Task arrival);

  // Faults. A path that is cut loses what is sent, or keeps it until it heals.
  void Cut(NodeId from, NodeId to, bool loses);
  void Heal(NodeId from, NodeId to);
  void HealAll();
  bool IsCut(NodeId from, NodeId to) const;
  // Nothing arrives for a while; then everything does.
  void Clog(NodeId from, NodeId to, Duration duration);
  // Something between the two ends the connections that they have with each other.
  void Reset(NodeId a, NodeId b);

 private:
  struct Path {
    bool cut = false;
    bool loses = false;
    // Counts cuts, so that a timer knows its own.
    int cuts = 0;
    MonoTime clogged_until;
    // Go on when it heals.
    std::vector<Task> held;
  };

  Path& PathOf(const Connection& connection, Connection::Way way);
  // When something arrives that is sent now.
  MonoTime DrawArrival(const Path& path);
  void SendOnce(Connection* connection, Connection::Way way, raft::Message message);
  bool Chance(uint64_t ppm) { return ppm > 0 && rng_.Below(1'000'000) < ppm; }

  Scheduler& scheduler_;
  Rng& rng_;
  const NetworkOptions options_;
  std::map<NodeId, Endpoint*> processes_;
  std::map<std::pair<NodeId, NodeId>, Path> paths_;
  std::deque<Connection> connections_;
};

}  // namespace quorate::sim
