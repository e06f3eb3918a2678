// The address at which this node reaches, or tries to reach, a peer, and whether it succeeds.
#pragma once

#include <string>

namespace quorate::server {

struct PeerContact {
  // HOST:PORT that answered, or that was tried last.
  std::string address;
  // Why the peer is not reached; empty if it is.
  std::string problem;
  // HOST:PORT where the peer should be, if it answered at another address; otherwise empty.
  std::string expected_address;
};

}  // namespace quorate::server
