// What an operator may tune in the consensus layer, with defaults, and who the node is. Apart from
// the core so that configuration code needs nothing else.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/clock.h"
#include "raft/types.h"

namespace quorate::raft {

struct RaftOptions {
  // This node, and the HOST:PORT of its peer listener as advertised.
  ReplicaKey self;
  std::string peer_endpoint;
  // The voters of the configuration, in any order; this node is one of them unless it is an
  // observer.
  std::vector<NodeId> configured_voters;
  // The node does not found a cluster, and need not be a voter: it receives the log of a cluster
  // that exists. Once that log makes it a voter, this means nothing more.
  bool observer = false;

  Duration heartbeat_interval = std::chrono::milliseconds(100);
  // A follower that hears nothing stands after a random time in [min, max). The minimum is also how
  // long a voter refuses to vote after its leader's last message.
  Duration election_timeout_min = std::chrono::milliseconds(500);
  Duration election_timeout_max = std::chrono::milliseconds(1000);
  // A leader resigns after this long without evidence of a quorum, or without its own disk
  // finishing a write. A transfer fails after it.
  Duration check_quorum_timeout = std::chrono::milliseconds(1000);
  // A disk that has finished no read for a peer for so long is as one that finishes no write.
  // Longer, because pieces of snapshots are read beside the writing of snapshots, at low priority.
  Duration peer_read_timeout = std::chrono::seconds(5);
  // A node of any role ends when its disk has finished nothing for so long since that was noticed.
  Duration disk_exit_timeout = std::chrono::seconds(10);

  // A leader's death was noticed: each voter waits rank * stagger + random [0, jitter) before it
  // stands; a lost round is repeated after a random time in [retry_min, retry_max), at most
  // `death_rounds` times.
  Duration death_stagger = std::chrono::milliseconds(15);
  Duration death_jitter = std::chrono::milliseconds(5);
  Duration death_retry_min = std::chrono::milliseconds(10);
  Duration death_retry_max = std::chrono::milliseconds(30);
  int death_rounds = 5;

  // How long the news that the high watermark moved waits for entries to travel with, before it is
  // told to a peer by a message of its own, which costs as much as one with entries.
  Duration commit_linger = Duration(0);

  // One append message; a single larger entry travels alone.
  size_t max_append_bytes = size_t{1} << 20;
  // Unanswered appends to one peer.
  size_t max_inflight_messages = 256;
  size_t max_inflight_bytes = size_t{16} << 20;
  // Of what a snapshot holds, so many entries stay in the log all the same; more for a peer in
  // contact that needs them; but nothing that is not within the log's last so many bytes.
  int64_t kept_entries = 0;
  size_t kept_bytes = size_t{256} << 20;
  // Entries kept in memory for peers and readers; what is not yet durable and committed is kept
  // beyond it.
  size_t cache_bytes = size_t{64} << 20;
  // Admission says kFull from here on.
  size_t max_uncommitted_bytes = size_t{64} << 20;
};

}  // namespace quorate::raft
