// State that the parts of the peer transport share. PeerTransport owns it, and it outlives them.
#pragma once

#include <optional>
#include <string>

#include "base/check.h"
#include "base/clock.h"
#include "base/executor.h"
#include "raft/api/transport.h"
#include "server/node/peer_metrics.h"
#include "server/peer/connect_probe.h"
#include "server/peer/peer_call_registry.h"
#include "server/peer/peer_directory.h"
#include "server/peer/peer_hello.h"
#include "server/peer/peer_incarnations.h"
#include "server/peer/peer_local_hello.h"
#include "server/peer/peer_options.h"
#include "server/peer/peer_repeated_log.h"
#include "server/peer/peer_trust.h"

namespace quorate::server {

struct PeerContext {
  PeerContext(PeerTransportOptions transport_options, Executor* loop, const Clock* loop_clock)
      : options(std::move(transport_options)),
        policy{options.cluster_id, options.self.node_id, options.Voters()},
        executor(loop),
        clock(loop_clock),
        local_hello(options),
        prober(kMaxProbes) {}

  // Logs `text` as a warning unless it was logged within the last minute. On the raft loop.
  void LogRepeated(const std::string& text) {
    if (repeated_log.Allows(text, clock->Now())) LOG(WARNING) << text;
  }

  // On the raft loop.
  PeerTrust Trust(const raft::ReplicaKey& key) const { return TrustOf(key, voters, policy.voters); }

  // Like LogRepeated, but as an error: for a problem that an operator must fix.
  void LogRepeatedError(const std::string& text) {
    if (repeated_log.Allows(text, clock->Now())) LOG(ERROR) << text;
  }

  const PeerTransportOptions options;
  const HelloPolicy policy;
  Executor* const executor;  // the raft loop
  const Clock* const clock;
  // Receives the events; set before the first one.
  raft::TransportEvents* events = nullptr;
  // The voter set in effect; nullopt if this node knows none. On the raft loop.
  std::optional<raft::VoterSet> voters;
  // On the raft loop.
  PeerIncarnations incarnations;
  PeerLocalHello local_hello;
  PeerDirectory directory;
  PeerCallRegistry registry;
  // Any thread may read them.
  StreamRefusalCounts refusals;
  // The most peers that are neither voters nor configured; further ones are refused. They are
  // dialled at whatever address they claim, so their number must be bounded.
  static constexpr size_t kMaxObservers = 16;
  // One thread for each stream class to each of seven other voters and the observers, so that a
  // slow name server does not delay another peer. Threads are started on demand.
  static constexpr size_t kMaxProbes = std::size(raft::kStreamClasses) * (7 + kMaxObservers);
  ConnectProber prober;
  RepeatedLog repeated_log;
};

}  // namespace quorate::server
