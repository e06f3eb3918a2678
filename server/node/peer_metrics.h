// What a controller counts of its connections to the other controllers. Any thread may read and
// update these values.
#pragma once

#include <array>
#include <cstddef>
#include <map>
#include <memory>

#include "base/ids.h"
#include "base/instruments.h"

namespace quorate::server {

// Of one peer.
struct PeerMetrics {
  // This node's own streams to the peer: attempts that failed, streams that came up, and streams
  // that ended although this node did not end them.
  Counter failed_dials;
  Counter opened_streams;
  Counter ended_streams;
  // How often the peer was taken for dead.
  Counter deaths;
  // On the streams of both directions, except before the first Hello of each.
  Counter sent_messages;
  Counter sent_bytes;
  Counter received_messages;
  Counter received_bytes;
};

using PeerMetricsMap = std::map<NodeId, std::shared_ptr<const PeerMetrics>>;

// Why this node ended a stream that another process opened to it.
enum class StreamRefusal {
  kHello,         // its Hello is of another cluster, means another node, and so on
  kOtherProcess,  // another process runs as the same replica
  kTooMany,       // there are too many streams of unknown peers, or too many observers
  kMalformed,     // a message was invalid
  kSilent,        // no Hello arrived in time
};
inline constexpr size_t kStreamRefusals = 5;

// By StreamRefusal.
using StreamRefusalCounts = std::array<Counter, kStreamRefusals>;

}  // namespace quorate::server
