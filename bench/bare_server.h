// Replication and nothing else: a leader that sends what it is asked to write to two followers,
// and answers once two of the three have synced it. No decision, no term, no database, no checksum,
// no recovery: what gRPC and the disk leave to those who do have them.
#pragma once

#include <string>
#include <vector>

namespace quorate::bench {

struct BareServer {
  // HOST:PORT.
  std::string endpoint;
  // Where the writes are appended to.
  std::string file;
  // Of a leader: those of the followers. None: a follower.
  std::vector<std::string> followers;
};

// For ever.
[[noreturn]] void ServeBare(const BareServer& server);

}  // namespace quorate::bench
