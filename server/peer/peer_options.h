// Options of the peer transport: this node, its peers, and the timeouts.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/host_port.h"
#include "base/ids.h"
#include "raft/api/types.h"
#include "security/identity_map.h"
#include "security/tls_store.h"

namespace quorate::server {

struct PeerTimings {
  // gRPC's keepalive pings on every peer connection, from both ends. They detect a host that
  // vanished or a network that drops packets. A dead process is detected sooner, because its
  // connection breaks.
  Duration keepalive_interval = std::chrono::seconds(10);
  Duration keepalive_timeout = std::chrono::seconds(5);
  // How long the peer has, after its control stream broke without a Goodbye, to open a new session
  // before it is declared dead. A refused connection declares it dead at once.
  Duration death_grace = std::chrono::milliseconds(5);
  // The pause between two attempts to reach a peer: starts at min and doubles up to max.
  Duration redial_min = std::chrono::milliseconds(20);
  Duration redial_max = std::chrono::seconds(1);
  // The time limits of one attempt: for the connection, then for both Hellos.
  Duration connect_timeout = std::chrono::seconds(1);
  Duration hello_timeout = std::chrono::seconds(2);
  // How long Stop waits for the peers to receive the queued messages (a Goodbye) and to close.
  Duration close_grace = std::chrono::milliseconds(200);
};

struct PeerTransportOptions {
  std::string cluster_id;
  raft::ReplicaKey self;
  // The configured peers and their addresses. Together with this node they are the configured
  // voters; if this node is an observer, they alone are.
  std::map<NodeId, HostPort> peers;
  bool observer = false;
  // The certificates of this node, and the owners of those of its peers; null: plain text. Both
  // must outlive the transport.
  const security::TlsStore* tls = nullptr;
  const security::IdentityMap* identities = nullptr;
  // The highest metadata version that this program can replay.
  uint32_t max_metadata_version = 1;
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
