#include "server/peer_directory.h"

#include <utility>

namespace quorate::server {

std::optional<std::string> PeerDirectory::ClientEndpoint(NodeId peer) const {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(peer);
  return it == entries_.end() ? std::nullopt : it->second.client_endpoint;
}

std::shared_ptr<grpc::Channel> PeerDirectory::ForwardChannel(NodeId peer) const {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(peer);
  return it == entries_.end() ? nullptr : it->second.forward_channel;
}

void PeerDirectory::SetClientEndpoint(NodeId peer, std::string endpoint) {
  MutexLock lock(&mutex_);
  entries_[peer].client_endpoint = std::move(endpoint);
}

void PeerDirectory::SetForwardChannel(NodeId peer, std::shared_ptr<grpc::Channel> channel) {
  // The old channel is destroyed outside the lock, with the argument.
  MutexLock lock(&mutex_);
  entries_[peer].forward_channel.swap(channel);
}

}  // namespace quorate::server
