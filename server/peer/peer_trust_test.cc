// Tests what a stream can change if its Hello claims to come from a voter or from an unknown node.
// Any process that knows the cluster id can send such a Hello.
#include "server/peer/peer_trust.h"

#include <deque>
#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/peer/testing/peer_test_network.h"
#include "server/testing/hand_made_stream.h"

namespace quorate::server {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

raft::ReplicaKey KeyOf(NodeId id) { return {id, TestDirectory(id)}; }

TEST(TrustOfTest, OnlyTheReplicaThatTheVoterSetNamesIsTheVoter) {
  const std::optional<raft::VoterSet> voters = TestVoters({k1, k2});
  EXPECT_EQ(TrustOf(KeyOf(k2), voters, {k1, k2, k3}), PeerTrust::kVoter);
  EXPECT_EQ(TrustOf({k2, TestDirectory(k4)}, voters, {k1, k2, k3}), PeerTrust::kUnproven);
  EXPECT_EQ(TrustOf(KeyOf(k3), voters, {k1, k2, k3}), PeerTrust::kObserver) << "node 3 was removed";
  EXPECT_EQ(TrustOf(KeyOf(k4), voters, {k1, k2, k3}), PeerTrust::kObserver);
}

TEST(TrustOfTest, WithoutAVoterSetNobodyIsProven) {
  EXPECT_EQ(TrustOf(KeyOf(k2), std::nullopt, {k1, k2, k3}), PeerTrust::kUnproven);
  EXPECT_EQ(TrustOf(KeyOf(k4), std::nullopt, {k1, k2, k3}), PeerTrust::kObserver);
}

class PeerTrustTest : public PeerNetworkTest {
 protected:
  std::unique_ptr<PeerTestNode> StartFounded(PeerTestNode::Config config) {
    return std::make_unique<PeerTestNode>(std::move(config), /*has_log=*/true,
                                          TestVoters({k1, k2, k3}));
  }

  // Opens a control stream and says Hello as an observer that the cluster does not know.
  HandMadeStream& Observe(NodeId id) {
    Hello hello = HelloFrom(id, k1);
    hello.speaker.observer = true;
    hello.speaker.peer_endpoint = AddressOf(k4).ToString();
    streams_.emplace_back(AddressOf(k1), raft::StreamClass::kControl);
    streams_.back().Send(hello);
    return streams_.back();
  }

  std::deque<HandMadeStream> streams_;
};

TEST_F(PeerTrustTest, AStrangerUnderAVotersIdChangesNothing) {
  auto one = StartFounded(ConfigOf(k1));
  auto two = StartFounded(ConfigOf(k2));
  AwaitSession(*one, k1, *two, k2);
  const size_t hellos = one->events().Count("hello 2");

  Hello hello = HelloFrom(k2, k1);
  hello.speaker.key.directory_id = TestDirectory(NodeId(99));
  hello.speaker.observer = true;
  HandMadeStream stranger(AddressOf(k1), raft::StreamClass::kControl);
  stranger.Send(hello);
  ASSERT_TRUE(stranger.Receive().has_hello());
  stranger.Send(Goodbye{raft::GoodbyeReason::kResigned, Epoch(1)});
  stranger.Send(raft::Message(raft::TimeoutNow{Epoch(1)}));
  ASSERT_TRUE(one->events().AwaitMessages(1));  // the Goodbye was sent before it
  EXPECT_THAT(one->events().Lines(), Not(Contains(HasSubstr("goodbye"))));
  EXPECT_EQ(one->events().Count("hello 2"), hellos);
  EXPECT_EQ(one->transport().ClientEndpoint(k2), "client-of-2:9092");
}

TEST_F(PeerTrustTest, WhoClaimsAConfiguredIdBeforeTheFoundingIsNotHeard) {
  auto one = StartNode(k1);
  HandMadeStream stranger(AddressOf(k1), raft::StreamClass::kControl);
  stranger.Send(HelloFrom(k2, k1));
  ASSERT_TRUE(stranger.Receive().has_hello());
  stranger.Send(raft::Message(raft::TimeoutNow{Epoch(1)}));
  ASSERT_TRUE(one->events().AwaitMessages(1));
  EXPECT_EQ(one->events().Count("hello 2"), 0u);
  EXPECT_EQ(one->transport().ClientEndpoint(k2), std::nullopt);
  // Once the voter set names it, its Hello is believed.
  one->transport().Announce(/*has_log=*/true, TestVoters({k1, k2, k3}));
  ASSERT_TRUE(one->events().Await("hello 2"));
  EXPECT_EQ(one->transport().ClientEndpoint(k2), "somewhere:9092");
}

TEST_F(PeerTrustTest, ObserversAreBoundedAndForgotten) {
  auto one = StartFounded(ConfigOf(k1));
  for (int i = 0; i < 16; ++i) {
    ASSERT_TRUE(Observe(NodeId(100 + i)).Receive().has_hello());
  }
  EXPECT_EQ(one->transport().ClientEndpoint(NodeId(100)), "somewhere:9092");
  const grpc::Status refused = Observe(NodeId(200)).End();
  EXPECT_EQ(refused.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_THAT(refused.error_message(), HasSubstr("node 200 is one observer too many"));
  // A second stream of a known observer is accepted.
  EXPECT_TRUE(Observe(NodeId(101)).Receive().has_hello());

  streams_.pop_front();
  const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
  while (one->transport().ClientEndpoint(NodeId(100)) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_EQ(one->transport().ClientEndpoint(NodeId(100)), std::nullopt);
  while (std::chrono::steady_clock::now() < deadline &&
         !Observe(NodeId(200)).Receive().has_hello()) {
  }
  EXPECT_EQ(one->transport().ClientEndpoint(NodeId(200)), "somewhere:9092");
}

TEST_F(PeerTrustTest, StrangersThatSayNothingDoNotKeepPeersOut) {
  PeerTestNode::Config config = ConfigOf(k1);
  config.timings.hello_timeout = std::chrono::hours(1);
  auto one = StartFounded(std::move(config));
  auto two = StartFounded(ConfigOf(k2));
  AwaitSession(*one, k1, *two, k2);
  for (int i = 0; i < 300; ++i) {
    streams_.emplace_back(AddressOf(k1), raft::StreamClass::kControl);
  }
  // The oldest streams are ended. The streams of node 2 stay up, and node 3 can still connect.
  EXPECT_FALSE(streams_.front().End().ok());
  auto three = StartFounded(ConfigOf(k3));
  AwaitSession(*one, k1, *three, k3);
  EXPECT_EQ(one->events().Count("down 2 control"), 0u);
}

TEST_F(PeerTrustTest, AVoterThatMovedIsDialledWhereItSaysThatItListens) {
  auto one = StartFounded(ConfigOf(k1));
  const auto contact = [&] { return one->transport().Contact(k2); };
  const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
  while (!contact() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  ASSERT_TRUE(contact().has_value());
  EXPECT_EQ(contact()->address, AddressOf(k2).ToString());
  EXPECT_THAT(contact()->problem, HasSubstr("refused"));

  PeerTestNode::Config moved = ConfigOf(k2);
  moved.listen = AddressOf(k4);
  auto two = StartFounded(moved);
  AwaitSession(*one, k1, *two, k2);
  EXPECT_EQ(contact()->problem, "");
  EXPECT_EQ(contact()->address, AddressOf(k4).ToString());
  EXPECT_EQ(contact()->expected_address, AddressOf(k2).ToString());

  // Back at its old address, it is found again.
  two.reset();
  ASSERT_TRUE(one->events().Await("down 2 control"));
  two = StartFounded(ConfigOf(k2));
  ASSERT_TRUE(one->events().Await("up 2 control", 2));
  EXPECT_EQ(contact()->address, AddressOf(k2).ToString());
  EXPECT_EQ(contact()->expected_address, "");
}

TEST_F(PeerTrustTest, AStrangerDoesNotMoveAVoter) {
  auto one = StartFounded(ConfigOf(k1));
  Hello hello = HelloFrom(k2, k1);
  hello.speaker.key.directory_id = TestDirectory(NodeId(99));
  hello.speaker.observer = true;
  hello.speaker.peer_endpoint = AddressOf(k4).ToString();
  HandMadeStream stranger(AddressOf(k1), raft::StreamClass::kControl);
  stranger.Send(hello);
  ASSERT_TRUE(stranger.Receive().has_hello());
  auto two = StartFounded(ConfigOf(k2));
  AwaitSession(*one, k1, *two, k2);
  EXPECT_EQ(one->transport().Contact(k2)->address, AddressOf(k2).ToString());
  EXPECT_EQ(one->transport().Contact(k2)->expected_address, "");
}

TEST_F(PeerTrustTest, ASecondProcessOfAReplicaIsRefusedAndTheFirstGoesOn) {
  auto one = StartFounded(ConfigOf(k1));
  auto two = StartFounded(ConfigOf(k2));
  AwaitSession(*one, k1, *two, k2);
  PeerTestNode::Config copy_config = ConfigOf(k2);
  copy_config.listen = AddressOf(k4);
  auto copy = StartFounded(copy_config);

  // The first process is tested once, and that is not a death.
  ASSERT_TRUE(two->events().Await("up 1 control", 2));
  const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
  const auto problem = [&] {
    const std::optional<PeerContact> contact = copy->transport().Contact(k1);
    return contact ? contact->problem : "";
  };
  while (problem().empty() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_THAT(problem(), HasSubstr("two processes run as node 2"));
  EXPECT_THAT(problem(), HasSubstr("the first at " + AddressOf(k2).ToString()));
  EXPECT_THAT(problem(), HasSubstr("the second at " + AddressOf(k4).ToString()));
  EXPECT_EQ(two->events().Count("dead 1"), 0u);
  EXPECT_EQ(two->events().Count("down 1 control"), 1u);
  EXPECT_EQ(copy->events().Count("up 1 control"), 0u);

  // When the first process stops, the other one is accepted.
  two.reset();
  EXPECT_TRUE(copy->events().Await("up 1 control"));
}

TEST_F(PeerTrustTest, ARestartTakesThePlaceOfAStreamThatIsDead) {
  auto one = StartFounded(ConfigOf(k1));
  Hello hello = HelloFrom(k2, k1);
  hello.incarnation = 7;
  HandMadeStream dead(AddressOf(k1), raft::StreamClass::kControl);
  dead.Send(hello);
  ASSERT_TRUE(dead.Receive().has_hello());
  auto two = StartFounded(ConfigOf(k2));
  AwaitSession(*one, k1, *two, k2);
  EXPECT_EQ(dead.End().error_code(), grpc::StatusCode::ALREADY_EXISTS);
}

}  // namespace
}  // namespace quorate::server
