// Reserves addresses for controllers 1, 2 and 3 of a test, and for a 4th one that is not in their
// configuration. The test starts and stops them as it needs.
#pragma once

#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "grpc/grpc.h"
#include "gtest/gtest.h"
#include "server/peer/testing/peer_test_node.h"
#include "tests/harness/loopback_socket.h"

namespace quorate::server {

inline const NodeId k1(1);
inline const NodeId k2(2);
inline const NodeId k3(3);
inline const NodeId k4(4);

class PeerNetworkTest : public ::testing::Test {
 protected:
  // Returns a configuration with voters 1, 2 and 3, of which a test may start only some.
  PeerTestNode::Config ConfigOf(NodeId id) {
    PeerTestNode::Config config{.id = id, .listen = AddressOf(id)};
    for (const NodeId peer : {k1, k2, k3}) {
      if (peer != id) config.peers[peer] = AddressOf(peer);
    }
    return config;
  }

  std::unique_ptr<PeerTestNode> StartNode(NodeId id) {
    return std::make_unique<PeerTestNode>(ConfigOf(id));
  }

  // Keeps gRPC's threads until the process ends. For tests that send more than a socket accepts at
  // once. Then one of gRPC 1.51's threads polls for up to 10 s. Without this call, the end of the
  // last node ends gRPC's threads, and waits for that one.
  static void KeepGrpcThreads() { grpc_init(); }

  HostPort AddressOf(NodeId id) const {
    return {"127.0.0.1", reserved_[static_cast<size_t>(id.value() - 1)].port()};
  }

  // Waits until all streams between the two nodes are up, in both directions.
  static void AwaitSession(PeerTestNode& a, NodeId a_id, PeerTestNode& b, NodeId b_id) {
    for (const char* stream : {"control", "append", "snapshot"}) {
      ASSERT_TRUE(a.events().Await(absl::StrFormat("up %d %s", b_id.value(), stream)));
      ASSERT_TRUE(b.events().Await(absl::StrFormat("up %d %s", a_id.value(), stream)));
    }
  }

 private:
  ::quorate::testing::LoopbackSocket reserved_[4];
};

}  // namespace quorate::server
