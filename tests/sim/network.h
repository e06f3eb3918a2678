// The network between simulated machines. Messages of a connection are delayed, lost, duplicated
// and reordered, and paths are cut or clogged, independently in each direction. endpoint.h
// implements the ends of a connection.
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
#include "raft/api/transport.h"
#include "tests/sim/scheduler.h"

namespace quorate::sim {

class Endpoint;

struct NetworkOptions {
  // The delay of one message.
  Duration delay_min = std::chrono::microseconds(50);
  Duration delay_max = std::chrono::microseconds(500);
  // How many of each million messages are affected. TCP prevents this within a stream, but Raft
  // must tolerate it.
  uint64_t lost_ppm = 0;
  uint64_t duplicated_ppm = 0;
  uint64_t reordered_ppm = 0;
  // The largest additional delay of a reordered message.
  Duration reorder_by = std::chrono::milliseconds(20);
  // A connection over a cut path is given up after this time.
  Duration keepalive = std::chrono::seconds(2);
  // How long the accepting end may consider a connection alive that the dialling end has given up.
  Duration stale_max = std::chrono::seconds(1);
};

// One connection: a stream of requests in one direction and of answers in the other.
struct Connection {
  enum class Way { kForth, kBack };
  enum class State { kDialling, kUp, kClosed };

  raft::SessionId id = 0;
  raft::StreamClass stream = raft::StreamClass::kControl;
  Endpoint* dialler = nullptr;
  NodeId to;
  // The state at the dialler.
  State state = State::kDialling;
  // The endpoint that accepted it. Null if none has accepted it, or if that end has closed it.
  Endpoint* acceptor = nullptr;
  // Indexed by Way.
  std::array<MonoTime, 2> last_arrival = {};
};

// Delivers messages between endpoints, with faults.
class Network {
 public:
  // Both pointers outlive the network.
  Network(Scheduler* scheduler, Rng* rng, const NetworkOptions& options)
      : scheduler_(*scheduler), rng_(*rng), options_(options) {}

  const NetworkOptions& options() const { return options_; }
  Scheduler& scheduler() { return scheduler_; }
  Rng& rng() { return rng_; }

  // Sets the process that runs on a machine now, or null if none runs.
  void SetProcess(NodeId id, Endpoint* endpoint) { processes_[id] = endpoint; }
  Endpoint* ProcessOf(NodeId id) const {
    const auto it = processes_.find(id);
    return it == processes_.end() ? nullptr : it->second;
  }

  // Creates a connection, which lives as long as the network.
  Connection* Open(Endpoint* dialler, NodeId to, raft::StreamClass stream);
  // Returns the connection with this session id.
  Connection* Find(raft::SessionId id) { return &connections_[id - 1]; }

  // Delivers an event that must arrive if anything arrives: the begin or end of a connection.
  void Carry(Connection* connection, Connection::Way way, Task arrival);
  // Delivers a message to the process that is at the other end on arrival.
  void Send(Connection* connection, Connection::Way way, raft::Message message);
  // Delivers something else, such as a request that one controller forwards to another, with the
  // same faults. It arrives at most once and in no particular order.
  void Pass(NodeId from, NodeId to, Task arrival);

  // Faults. A cut path loses its messages, or keeps them until it is healed.
  void Cut(NodeId from, NodeId to, bool loses);
  void Heal(NodeId from, NodeId to);
  void HealAll();
  bool IsCut(NodeId from, NodeId to) const;
  // Holds back all messages for `duration`, then delivers them.
  void Clog(NodeId from, NodeId to, Duration duration);
  // Resets all connections between the two nodes.
  void Reset(NodeId a, NodeId b);

 private:
  struct Path {
    bool cut = false;
    bool loses = false;
    // Counts cuts, so that a timer can detect that its cut is no longer the last one.
    int cuts = 0;
    MonoTime clogged_until;
    // Messages to deliver when the path is healed.
    std::vector<Task> held;
  };

  Path& PathOf(const Connection& connection, Connection::Way way);
  // Returns the arrival time of a message that is sent now.
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
