// Holds what this node says about itself in every Hello. It is a separate class because three kinds
// of threads use it: the main thread sets the bound ports, the raft loop sets the state of the log,
// and each new stream takes a copy.
#pragma once

#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/random.h"
#include "server/peer/peer_hello.h"
#include "server/peer/peer_options.h"

namespace quorate::server {

// Thread-safe.
class PeerLocalHello {
 public:
  explicit PeerLocalHello(const PeerTransportOptions& options);

  // HOST:PORT of both listeners, as advertised.
  void SetEndpoints(std::string peer_endpoint, std::string client_endpoint);
  // See raft::Transport::Announce.
  void Announce(bool has_log, std::optional<raft::VoterSet> voter_set);

  // Returns the Hello for a new stream to `peer`, with a new session id.
  Hello To(NodeId peer);

 private:
  Mutex mutex_;
  Hello hello_ ABSL_GUARDED_BY(mutex_);
  Rng rng_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
