#include "tests/sim/network.h"

#include <algorithm>
#include <utility>

#include "tests/sim/endpoint.h"

namespace quorate::sim {

Connection* Network::Open(Endpoint* dialler, NodeId to, raft::StreamClass stream) {
  connections_.push_back(
      {.id = connections_.size() + 1, .stream = stream, .dialler = dialler, .to = to});
  return &connections_.back();
}

Network::Path& Network::PathOf(const Connection& connection, Connection::Way way) {
  const NodeId from = connection.dialler->id();
  return way == Connection::Way::kForth ? paths_[{from, connection.to}]
                                        : paths_[{connection.to, from}];
}

void Network::Carry(Connection* connection, Connection::Way way, Task arrival) {
  Path& path = PathOf(*connection, way);
  if (path.cut) {
    path.held.push_back([this, connection, way, arrival = std::move(arrival)]() mutable {
      Carry(connection, way, std::move(arrival));
    });
    return;
  }
  MonoTime when = DrawArrival(path);
  MonoTime& last = connection->last_arrival[static_cast<size_t>(way)];
  if (Chance(options_.reordered_ppm)) {
    when += Duration(rng_.Below(static_cast<uint64_t>(options_.reorder_by.count())));
  } else {
    last = when = std::max(when, last + Duration(1));
  }
  scheduler_.At(when, std::move(arrival));
}

MonoTime Network::DrawArrival(const Path& path) {
  const Duration range = options_.delay_max - options_.delay_min;
  const MonoTime when = scheduler_.now() + options_.delay_min +
                        Duration(rng_.Below(static_cast<uint64_t>(range.count()) + 1));
  return std::max(when, path.clogged_until);
}

void Network::Send(Connection* connection, Connection::Way way, raft::Message message) {
  const Path& path = PathOf(*connection, way);
  if (Chance(options_.lost_ppm) || (path.cut && path.loses)) return;
  if (Chance(options_.duplicated_ppm)) SendOnce(connection, way, message);
  SendOnce(connection, way, std::move(message));
}

void Network::Pass(NodeId from, NodeId to, Task arrival) {
  Path& path = paths_[{from, to}];
  if (path.cut && path.loses) return;
  if (path.cut) {
    path.held.push_back([this, from, to, arrival = std::move(arrival)]() mutable {
      Pass(from, to, std::move(arrival));
    });
    return;
  }
  scheduler_.At(DrawArrival(path), std::move(arrival));
}

void Network::SendOnce(Connection* connection, Connection::Way way, raft::Message message) {
  Carry(connection, way, [connection, way, message = std::move(message)]() mutable {
    Endpoint* to = way == Connection::Way::kForth ? connection->acceptor : connection->dialler;
    if (to == nullptr) return;
    // A paused process does not read from the connection.
    to->WhenRunning([to, connection, way, message = std::move(message)]() mutable {
      to->OnMessage(connection, way, std::move(message));
    });
  });
}

void Network::Cut(NodeId from, NodeId to, bool loses) {
  Path& path = paths_[{from, to}];
  if (path.cut) return;
  path.cut = true;
  path.loses = loses;
  scheduler_.After(options_.keepalive, [this, from, to, cut = ++path.cuts] {
    const Path& now = paths_[{from, to}];
    if (now.cut && now.cuts == cut) Reset(from, to);
  });
}

void Network::Heal(NodeId from, NodeId to) {
  Path& path = paths_[{from, to}];
  path.cut = false;
  for (Task& held : std::exchange(path.held, {})) std::move(held)();
}

void Network::HealAll() {
  for (const auto& [ends, path] : paths_) Heal(ends.first, ends.second);
}

bool Network::IsCut(NodeId from, NodeId to) const {
  const auto it = paths_.find({from, to});
  return it != paths_.end() && it->second.cut;
}

void Network::Clog(NodeId from, NodeId to, Duration duration) {
  paths_[{from, to}].clogged_until = scheduler_.now() + duration;
}

void Network::Reset(NodeId a, NodeId b) {
  const auto break_at = [this](NodeId node, NodeId peer) {
    Endpoint* endpoint = ProcessOf(node);
    if (endpoint != nullptr) endpoint->WhenRunning([endpoint, peer] { endpoint->BreakAll(peer); });
  };
  break_at(a, b);
  break_at(b, a);
}

}  // namespace quorate::sim
