// Servers that only replicate: a leader sends each write to two followers and answers once two of
// the three servers have synced it. They have no decisions, terms, database, checksums or recovery,
// so their speed is the limit that gRPC and the disk set for a real quorum.
#pragma once

#include <string>
#include <vector>

namespace quorate::bench {

struct BareServer {
  // HOST:PORT.
  std::string endpoint;
  // The file to which writes are appended.
  std::string file;
  // The endpoints of the followers. Empty for a follower.
  std::vector<std::string> followers;
};

// Serves forever.
[[noreturn]] void ServeBare(const BareServer& server);

}  // namespace quorate::bench
