// Where this node looks for a peer, and with what success.
#pragma once

#include <string>

namespace quorate::server {

struct PeerContact {
  // HOST:PORT that was tried last, or that answered.
  std::string address;
  // Why there is no contact; empty: there is.
  std::string problem;
  // HOST:PORT where the peer should be, if it answered elsewhere.
  std::string expected_address;
};

}  // namespace quorate::server
