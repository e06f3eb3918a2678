// What the peer transport is told when it is made: who this node is, who its peers are, and how
// patient it is.
#pragma once

#include <algorithm>
#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/host_port.h"
#include "base/ids.h"
#include "raft/types.h"

namespace quorate::server {

struct PeerTimings {
  // gRPC's pings on every peer connection, from both ends: they find a host that vanished or a
  // network that swallows packets, never a dead process (that is the broken connection's part).
  Duration keepalive_interval = std::chrono::seconds(10);
  Duration keepalive_timeout = std::chrono::seconds(5);
  // A control stream that broke without Goodbye: how long a new session may take before the peer is
  // called dead. A refused connection says so earlier.
  Duration death_grace = std::chrono::milliseconds(5);
  // Between two attempts to reach a peer: from min on, doubling up to max.
  Duration redial_min = std::chrono::milliseconds(20);
  Duration redial_max = std::chrono::seconds(1);
  // One attempt: the connection, then both Hellos.
  Duration connect_timeout = std::chrono::seconds(1);
  Duration hello_timeout = std::chrono::seconds(2);
  // How long Stop waits for the peers to take what was queued (a Goodbye) and close.
  Duration close_grace = std::chrono::milliseconds(200);
};

struct PeerTransportOptions {
  std::string cluster_id;
  raft::ReplicaKey self;
  // Where the peers of the configuration are dialled. With this node they are its voters, unless
  // this node is an observer.
  std::map<NodeId, HostPort> peers;
  bool observer = false;
  PeerTimings timings = {};

  // The configured voter list, ascending.
  std::vector<NodeId> Voters() const {
    std::vector<NodeId> voters;
    if (!observer) voters.push_back(self.node_id);
    for (const auto& [id, address] : peers) voters.push_back(id);
    std::sort(voters.begin(), voters.end());
    return voters;
  }
};

}  // namespace quorate::server
