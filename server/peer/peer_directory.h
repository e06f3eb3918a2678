// Publishes facts about the peers to threads other than the raft loop: the endpoint at which
// clients reach a peer, the channel for forwarding to it, whether this node reaches it, and what
// was counted of it.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/mutex.h"
#include "grpcpp/channel.h"
#include "raft/api/voter_set.h"
#include "server/node/peer_contact.h"
#include "server/node/peer_metrics.h"

namespace quorate::server {

// Thread-safe.
class PeerDirectory {
 public:
  // Returns the client endpoint of the peer's last Hello, even after its session has ended. If this
  // node has never received a Hello from it, returns the one in the voter set. Returns nullopt if
  // neither is known.
  std::optional<std::string> ClientEndpoint(NodeId peer) const;
  // Returns the channel of our append stream to the peer while that stream is up; otherwise null.
  std::shared_ptr<grpc::Channel> ForwardChannel(NodeId peer) const;

  // Returns nullopt if the peer is not dialled, or has not been tried yet.
  std::optional<PeerContact> Contact(NodeId peer) const;
  // Returns the counts of the peer, or null if the peer is not dialled.
  std::shared_ptr<PeerMetrics> Metrics(NodeId peer) const;
  // Returns the counts of all peers that are dialled.
  PeerMetricsMap AllMetrics() const;

  // Sets the voter set in effect.
  void SetVoters(const raft::VoterSet& voters);
  void SetClientEndpoint(NodeId peer, std::string endpoint);
  void SetForwardChannel(NodeId peer, std::shared_ptr<grpc::Channel> channel);
  void SetContact(NodeId peer, PeerContact contact);
  void SetMetrics(NodeId peer, std::shared_ptr<PeerMetrics> metrics);
  void Forget(NodeId peer);

 private:
  struct Entry {
    std::optional<std::string> client_endpoint;
    std::shared_ptr<grpc::Channel> forward_channel;
    std::optional<PeerContact> contact;
    std::shared_ptr<PeerMetrics> metrics;
  };

  mutable Mutex mutex_;
  std::map<NodeId, Entry> entries_ ABSL_GUARDED_BY(mutex_);
  raft::VoterSet voters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
