#include "server/peer/peer_local_hello.h"

#include <utility>

namespace quorate::server {

PeerLocalHello::PeerLocalHello(const PeerTransportOptions& options)
    : hello_{.cluster_id = options.cluster_id,
             .speaker = {.key = options.self,
                         .configured_voters = options.Voters(),
                         .observer = options.observer,
                         .max_metadata_version = options.max_metadata_version}},
      rng_(Rng::SystemSeed()) {
  while (hello_.incarnation == 0) hello_.incarnation = rng_.Next();
}

void PeerLocalHello::SetEndpoints(std::string peer_endpoint, std::string client_endpoint) {
  MutexLock lock(&mutex_);
  hello_.speaker.peer_endpoint = std::move(peer_endpoint);
  hello_.speaker.client_endpoint = std::move(client_endpoint);
}

void PeerLocalHello::Announce(bool has_log, std::optional<raft::VoterSet> voter_set) {
  MutexLock lock(&mutex_);
  hello_.speaker.has_log = has_log;
  hello_.speaker.voter_set = std::move(voter_set);
}

Hello PeerLocalHello::To(NodeId peer) {
  MutexLock lock(&mutex_);
  Hello hello = hello_;
  hello.expected_node = peer;
  hello.session_id = rng_.Next();
  return hello;
}

}  // namespace quorate::server
