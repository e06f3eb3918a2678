#include "server/peer/peer_directory.h"

#include <utility>

namespace quorate::server {

std::optional<std::string> PeerDirectory::ClientEndpoint(NodeId peer) const {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(peer);
  if (it != entries_.end() && it->second.client_endpoint) return it->second.client_endpoint;
  const raft::Voter* voter = voters_.FindByNodeId(peer);
  if (voter == nullptr || voter->client_endpoint.empty()) return std::nullopt;
  return voter->client_endpoint;
}

std::shared_ptr<grpc::Channel> PeerDirectory::ForwardChannel(NodeId peer) const {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(peer);
  return it == entries_.end() ? nullptr : it->second.forward_channel;
}

std::optional<PeerContact> PeerDirectory::Contact(NodeId peer) const {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(peer);
  return it == entries_.end() ? std::nullopt : it->second.contact;
}

std::shared_ptr<PeerMetrics> PeerDirectory::Metrics(NodeId peer) const {
  MutexLock lock(&mutex_);
  const auto it = entries_.find(peer);
  return it == entries_.end() ? nullptr : it->second.metrics;
}

PeerMetricsMap PeerDirectory::AllMetrics() const {
  PeerMetricsMap all;
  MutexLock lock(&mutex_);
  for (const auto& [id, entry] : entries_) {
    if (entry.metrics != nullptr) all.emplace(id, entry.metrics);
  }
  return all;
}

void PeerDirectory::SetVoters(const raft::VoterSet& voters) {
  MutexLock lock(&mutex_);
  voters_ = voters;
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

void PeerDirectory::SetContact(NodeId peer, PeerContact contact) {
  MutexLock lock(&mutex_);
  entries_[peer].contact = std::move(contact);
}

void PeerDirectory::SetMetrics(NodeId peer, std::shared_ptr<PeerMetrics> metrics) {
  MutexLock lock(&mutex_);
  entries_[peer].metrics = std::move(metrics);
}

void PeerDirectory::Forget(NodeId peer) {
  Entry forgotten;  // destroyed outside the lock
  MutexLock lock(&mutex_);
  if (const auto it = entries_.find(peer); it != entries_.end()) {
    forgotten = std::move(it->second);
    entries_.erase(it);
  }
}

}  // namespace quorate::server
