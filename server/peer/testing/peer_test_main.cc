// Runs a controller's peer transport in a separate process that a test can kill:
//
//   peer_test_program ID PORT PEER_ID PEER_PORT [FAILPOINTS]
//
// Sends TimeoutNow to its peer once the control and append streams are up. Then it answers each
// Heartbeat, and sends an AppendRequest with the heartbeat's sequence. Runs until it is killed or
// its parent dies.
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>

#include "base/check.h"
#include "base/failpoint.h"
#include "server/peer/testing/peer_test_node.h"

namespace quorate::server {
namespace {

NodeId ParseId(const char* text) { return NodeId(std::atoi(text)); }

HostPort ParseAddress(const char* port) {
  return {"127.0.0.1", static_cast<uint16_t>(std::atoi(port))};
}

int Run(int argc, char** argv) {
  CHECK(argc == 5 || argc == 6);
  PCHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
  if (argc == 6) CHECK_OK(ConfigureFailpoints(argv[5]));
  const NodeId peer = ParseId(argv[3]);
  PeerTestNode node({.id = ParseId(argv[1]),
                     .listen = ParseAddress(argv[2]),
                     .peers = {{peer, ParseAddress(argv[4])}}});
  node.events().SetOnMessage([&](const RecordingEvents::Received& received) {
    if (const auto* heartbeat = std::get_if<raft::Heartbeat>(&received.message)) {
      node.transport().Reply(received.session,
                             raft::HeartbeatResponse{heartbeat->epoch, heartbeat->read_sequence});
      node.transport().Send(peer, raft::AppendRequest{.sequence = heartbeat->read_sequence});
    }
  });
  const std::string up = "up " + ToString(peer);
  CHECK(node.events().Await(up + " control") && node.events().Await(up + " append"));
  node.transport().Send(peer, raft::TimeoutNow{});
  while (true) pause();
}

}  // namespace
}  // namespace quorate::server

int main(int argc, char** argv) { return quorate::server::Run(argc, argv); }
