// What other threads than the raft loop may know of the peers: where clients reach them, and how to
// forward to them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/ids.h"
#include "base/mutex.h"
#include "grpcpp/channel.h"
#include "server/peer_contact.h"

namespace quorate::server {

// Thread-safe.
class PeerDirectory {
 public:
  // Of its last Hello; kept when the session is over. Nothing: it never said Hello.
  std::optional<std::string> ClientEndpoint(NodeId peer) const;
  // The channel of our append stream to it, while that stream is up; else null.
  std::shared_ptr<grpc::Channel> ForwardChannel(NodeId peer) const;

  // Nothing: it is not dialled, or was not tried yet.
  std::optional<PeerContact> Contact(NodeId peer) const;

  void SetClientEndpoint(NodeId peer, std::string endpoint);
  void SetForwardChannel(NodeId peer, std::shared_ptr<grpc::Channel> channel);
  void SetContact(NodeId peer, PeerContact contact);
  void Forget(NodeId peer);

 private:
  struct Entry {
    std::optional<std::string> client_endpoint;
    std::shared_ptr<grpc::Channel> forward_channel;
    std::optional<PeerContact> contact;
  };

  mutable Mutex mutex_;
  std::map<NodeId, Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
