// Tests how the transport reacts when processes, connections and networks fail.
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/peer/testing/peer_test_network.h"
#include "tests/harness/fault_proxy.h"

namespace quorate::server {
namespace {

using ::quorate::testing::FaultProxy;
using ::testing::Contains;
using ::testing::Not;

// A node in its own process (testing/peer_test_main.cc).
class ChildNode {
 public:
  ChildNode(NodeId id, const HostPort& listen, NodeId peer, const HostPort& peer_address,
            const std::string& failpoints = "") {
    std::vector<std::string> args = {QUORATE_PEER_TEST_PROGRAM, ToString(id),
                                     std::to_string(listen.port), ToString(peer),
                                     std::to_string(peer_address.port)};
    if (!failpoints.empty()) args.push_back(failpoints);
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    pid_ = fork();
    PCHECK(pid_ >= 0);
    if (pid_ == 0) {
      execv(argv[0], argv.data());
      _exit(127);
    }
  }
  ~ChildNode() { Signal(SIGKILL); }
  ChildNode(const ChildNode&) = delete;
  ChildNode& operator=(const ChildNode&) = delete;

  // Sends the signal and waits for the process to end. Does nothing after the first call.
  void Signal(int signal) {
    if (pid_ < 0) return;
    PCHECK(kill(pid_, signal) == 0);
    PCHECK(waitpid(pid_, nullptr, 0) == pid_);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
};

class PeerFailureTest : public PeerNetworkTest {
 protected:
  static void AwaitUp(PeerTestNode& node, NodeId peer, size_t times = 1) {
    for (const char* stream : {"control", "append", "snapshot"}) {
      ASSERT_TRUE(node.events().Await(absl::StrFormat("up %d %s", peer.value(), stream), times));
    }
  }

  // Starts node 1, which reaches node 2 through `proxy`.
  std::unique_ptr<PeerTestNode> StartNode1Through(const FaultProxy& proxy,
                                                  PeerTimings timings = {}) {
    PeerTestNode::Config config = ConfigOf(k1);
    config.peers = {{k2, {"127.0.0.1", proxy.port()}}};
    config.timings = timings;
    return std::make_unique<PeerTestNode>(std::move(config));
  }
};

TEST_F(PeerFailureTest, AKilledProcessIsTakenForDeadOnceAndWelcomedBack) {
  auto one = StartNode(k1);
  for (size_t life = 1; life <= 5; ++life) {
    ChildNode two(k2, AddressOf(k2), k1, AddressOf(k1));
    AwaitUp(*one, k2, life);
    EXPECT_EQ(one->events().Count("dead 2"), life - 1);
    two.Signal(SIGKILL);
    ASSERT_TRUE(one->events().Await("dead 2", life));
    EXPECT_EQ(one->events().Count("down 2 control"), life);
  }
  const PeerMetricsMap metrics = one->transport().Metrics();
  EXPECT_EQ(metrics.at(k2)->deaths.value(), 5u);
  EXPECT_GE(metrics.at(k2)->opened_streams.value(), 15u);
  EXPECT_GE(metrics.at(k2)->ended_streams.value(), 5u);
  EXPECT_GE(metrics.at(k3)->failed_dials.value(), 1u);
}

// A connection that breaks while its host is alive is reopened at once.
TEST_F(PeerFailureTest, ABrokenConnectionIsOpenedAnew) {
  FaultProxy proxy(AddressOf(k2).port);
  auto two = StartNode(k2);
  auto one = StartNode1Through(proxy);
  AwaitUp(*one, k2);
  for (size_t cut = 1; cut <= 5; ++cut) {
    proxy.Cut();
    ASSERT_TRUE(one->events().Await("down 2 control", cut));
    ASSERT_TRUE(one->events().Await("down 2 append", cut));
    AwaitUp(*one, k2, cut + 1);
  }
  one->transport().Send(k2, raft::Heartbeat{.read_sequence = 7});
  ASSERT_TRUE(two->events().AwaitMessages(1));
}

TEST_F(PeerFailureTest, ARefusedDialAfterABrokenConnectionIsADeath) {
  FaultProxy proxy(AddressOf(k2).port);
  auto two = StartNode(k2);
  PeerTimings timings;
  timings.death_grace = std::chrono::hours(1);  // only the refused dial can report the death
  auto one = StartNode1Through(proxy, timings);
  AwaitUp(*one, k2);
  proxy.Refuse();
  ASSERT_TRUE(one->events().Await("dead 2"));
  proxy.Forward();
  AwaitUp(*one, k2, 2);
  EXPECT_EQ(one->events().Count("dead 2"), 1u);
}

// A dying process closes its sockets one after the other, so its listener may accept a connection
// for a moment. The proxy does the same: it accepts the connection, and resets it when the dead
// process behind it refuses.
TEST_F(PeerFailureTest, AConnectionThatIsAcceptedAndBringsNoHelloIsADeath) {
  FaultProxy proxy(AddressOf(k2).port);
  ChildNode two(k2, AddressOf(k2), k1, AddressOf(k1));
  auto one = StartNode1Through(proxy);
  AwaitUp(*one, k2);
  two.Signal(SIGKILL);
  ASSERT_TRUE(one->events().Await("dead 2"));
  const size_t accepted = proxy.accepted_connections();
  while (proxy.accepted_connections() == accepted) std::this_thread::yield();
  EXPECT_EQ(one->events().Count("dead 2"), 1u);
}

TEST_F(PeerFailureTest, APeerThatSaidThatItStopsIsDialledOnceItIsBack) {
  FaultProxy proxy(AddressOf(k2).port);
  auto two = StartNode(k2);
  PeerTimings timings;
  timings.redial_min = std::chrono::milliseconds(1);
  timings.redial_max = std::chrono::hours(1);  // only its Hello can end this wait
  auto one = StartNode1Through(proxy, timings);
  AwaitUp(*one, k2);
  ASSERT_TRUE(one->events().Await("up 2 snapshot"));
  const size_t dialled = proxy.accepted_connections();
  two->transport().SayGoodbye(raft::GoodbyeReason::kStopping, Epoch(7));
  ASSERT_TRUE(one->events().Await("goodbye 2 stopping 7"));
  two->Stop();
  EXPECT_EQ(proxy.accepted_connections(), dialled) << "dialled although it said that it stops";
  two = StartNode(k2);
  AwaitUp(*one, k2, 2);
  EXPECT_TRUE(one->events().Await("up 2 snapshot", 2));
}

TEST_F(PeerFailureTest, KeepaliveFindsANetworkThatSwallowsPackets) {
  FaultProxy proxy(AddressOf(k2).port);
  auto two = StartNode(k2);
  PeerTimings timings;
  timings.keepalive_interval = std::chrono::milliseconds(200);
  timings.keepalive_timeout = std::chrono::milliseconds(200);
  auto one = StartNode1Through(proxy, timings);
  AwaitUp(*one, k2);
  proxy.Blackhole(FaultProxy::Direction::kToClient);
  // Wait for all streams before the network heals: a stream that has not detected the failure would
  // stay up.
  for (const char* stream : {"control", "append", "snapshot"}) {
    ASSERT_TRUE(one->events().Await(absl::StrCat("down 2 ", stream)));
  }
  proxy.Forward();
  AwaitUp(*one, k2, 2);
}

size_t CountAppends(const RecordingEvents& events) {
  const std::vector<RecordingEvents::Received> messages = events.Messages();
  return static_cast<size_t>(std::count_if(
      messages.begin(), messages.end(), [](const RecordingEvents::Received& received) {
        return std::holds_alternative<raft::AppendRequest>(received.message);
      }));
}

TEST_F(PeerFailureTest, AnAppendCanBeMadeToKillItsSender) {
  auto one = StartNode(k1);
  const ChildNode two(k2, AddressOf(k2), k1, AddressOf(k1), "raft.append=abort@3");
  AwaitUp(*one, k2);
  ASSERT_TRUE(one->events().AwaitMessages(1));  // the child is ready
  for (int64_t i = 1; i <= 3; ++i) {
    one->transport().Send(k2, raft::Heartbeat{.read_sequence = i});
    // The child sends a response and an append, or dies.
    ASSERT_TRUE(i == 3 || one->events().AwaitMessages(static_cast<size_t>(1 + 2 * i)));
  }
  ASSERT_TRUE(one->events().Await("dead 2"));
  EXPECT_EQ(CountAppends(one->events()), 2u);
}

TEST_F(PeerFailureTest, AFailingAppendBreaksItsStreamAndNoOther) {
  auto one = StartNode(k1);
  const ChildNode two(k2, AddressOf(k2), k1, AddressOf(k1), "raft.append=error@2");
  AwaitUp(*one, k2);
  ASSERT_TRUE(one->events().AwaitMessages(1));  // the child is ready
  one->transport().Send(k2, raft::Heartbeat{.read_sequence = 1});
  ASSERT_TRUE(one->events().AwaitMessages(3));
  EXPECT_EQ(CountAppends(one->events()), 1u);
  one->transport().Send(k2, raft::Heartbeat{.read_sequence = 2});
  one->transport().Send(k2, raft::Heartbeat{.read_sequence = 3});
  ASSERT_TRUE(one->events().AwaitMessages(5));
  EXPECT_EQ(CountAppends(one->events()), 1u);
  EXPECT_EQ(one->events().Count("down 2 control"), 0u);
}

TEST_F(PeerFailureTest, AFailingHelloKeepsStreamsFromOpening) {
  // With a voter set that names node 2, its Hello is believed wherever it comes from.
  auto one = std::make_unique<PeerTestNode>(ConfigOf(k1), /*has_log=*/true, TestVoters({k1, k2}));
  {
    const ChildNode two(k2, AddressOf(k2), k1, AddressOf(k1), "peer.hello=error");
    // Node 2 reaches node 1 and gets its Hello, but fails to process it.
    ASSERT_TRUE(one->events().Await("hello 2", 3));
  }
  EXPECT_THAT(one->events().Lines(), Not(Contains("up 2 control")));
}

}  // namespace
}  // namespace quorate::server
