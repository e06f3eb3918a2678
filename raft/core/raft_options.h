// The tunable options of the consensus layer with their defaults, and the identity of the node.
// They are separate from the core so that configuration code needs nothing else.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/clock.h"
#include "raft/api/types.h"

namespace quorate::raft {

struct RaftOptions {
  // This node, and the HOST:PORT of its listeners as advertised. The client endpoint is empty if
  // its port is chosen at each start.
  ReplicaKey self;
  std::string peer_endpoint;
  std::string client_endpoint;
  // The voters in the configuration, in any order. They include this node unless it is an observer.
  std::vector<NodeId> configured_voters;
  // The node does not found a cluster and need not be a voter: it receives the log of an existing
  // cluster. The option has no effect once that log makes the node a voter.
  bool observer = false;
  // The highest metadata version that the users of this node's log can replay. It describes the
  // node (Describe), and a founding set has client endpoints only if all founders support them. The
  // log does not look into entries.
  uint32_t max_metadata_version = 1;

  Duration heartbeat_interval = std::chrono::milliseconds(100);
  // A follower that receives nothing from a leader stands for election after a random time in [min,
  // max). The minimum is also how long a voter refuses to vote after its leader's last message.
  Duration election_timeout_min = std::chrono::milliseconds(500);
  Duration election_timeout_max = std::chrono::milliseconds(1000);
  // A leader resigns after this long without evidence of a quorum, or without its own disk
  // finishing a write. A transfer of leadership fails after the same time.
  Duration check_quorum_timeout = std::chrono::milliseconds(1000);
  // A disk that has finished no read for a peer for this long counts as stalled, like one that
  // finishes no write. The limit is longer because pieces of snapshots are read at low priority,
  // beside the writing of snapshots.
  Duration peer_read_timeout = std::chrono::seconds(5);
  // A node of any role ends when its disk has finished nothing for this long after that was
  // noticed.
  Duration disk_exit_timeout = std::chrono::seconds(10);

  // Used when a leader's death is noticed. Each voter waits rank * stagger + random [0, jitter)
  // before it stands for election. It repeats a lost round after a random time in [retry_min,
  // retry_max), at most `death_rounds` times. See RaftCore::OnLeaderDeath.
  Duration death_stagger = std::chrono::milliseconds(15);
  Duration death_jitter = std::chrono::milliseconds(5);
  Duration death_retry_min = std::chrono::milliseconds(10);
  Duration death_retry_max = std::chrono::milliseconds(30);
  int death_rounds = 5;

  // How long a new high watermark waits for entries that carry it to a peer. After that it is sent
  // in a message of its own, which costs as much as one with entries.
  Duration commit_linger = Duration(0);

  // Maximum bytes of entries in one append message. A single larger entry is sent alone.
  size_t max_append_bytes = size_t{1} << 20;
  // Limits for the unanswered appends to one peer.
  size_t max_inflight_messages = 256;
  size_t max_inflight_bytes = size_t{16} << 20;
  // How many entries stay in the log although a snapshot holds them. Entries that a peer in contact
  // needs stay too. But no entry stays for these reasons outside the last `kept_bytes` of the log.
  int64_t kept_entries = 0;
  size_t kept_bytes = size_t{256} << 20;
  // Size of the cache of entries for peers and readers. Entries that are not yet both durable and
  // committed are kept beyond it.
  size_t cache_bytes = size_t{64} << 20;
  // With this many uncommitted bytes or more, admission is kFull.
  size_t max_uncommitted_bytes = size_t{64} << 20;
};

}  // namespace quorate::raft
