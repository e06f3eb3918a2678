// What this node says of itself in every Hello. Apart because three threads have a part in it: the
// main thread knows the bound ports, the raft loop the log, and each stream takes a copy.
#pragma once

#include <optional>
#include <string>

#include "base/mutex.h"
#include "base/random.h"
#include "server/peer_hello.h"
#include "server/peer_options.h"

namespace quorate::server {

// Thread-safe.
class PeerLocalHello {
 public:
  explicit PeerLocalHello(const PeerTransportOptions& options);

  // HOST:PORT of both listeners, as advertised.
  void SetEndpoints(std::string peer_endpoint, std::string client_endpoint);
  void Announce(bool has_log, std::optional<raft::VoterSet> voter_set);

  // A Hello to `peer`, for a new stream.
  Hello To(NodeId peer);

 private:
  Mutex mutex_;
  Hello hello_ ABSL_GUARDED_BY(mutex_);
  Rng rng_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace quorate::server
