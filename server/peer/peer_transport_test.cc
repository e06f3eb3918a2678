#include "server/peer/peer_transport.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/peer/testing/peer_test_network.h"

namespace quorate::server {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Not;

raft::EntryPtr MakeEntry(int64_t index, const std::string& payload) {
  return raft::Entry::Make({.epoch = Epoch(1), .index = LogIndex(index)}, payload);
}

raft::AppendRequest AppendOf(int64_t index, const std::string& payload) {
  return {.epoch = Epoch(1),
          .sequence = index,
          .prev_index = LogIndex(index - 1),
          .entries = {MakeEntry(index, payload)}};
}

// Waits until only the caller holds the entry. Returns false after kPatience.
[[nodiscard]] bool AwaitReleased(const raft::EntryPtr& entry) {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (entry.use_count() > 1) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

class PeerTransportTest : public PeerNetworkTest {};

TEST_F(PeerTransportTest, ThreeNodesOpenBothStreamsToEachOther) {
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  auto three = StartNode(k3);
  AwaitSession(*one, k1, *two, k2);
  AwaitSession(*one, k1, *three, k3);
  AwaitSession(*two, k2, *three, k3);
}

TEST_F(PeerTransportTest, AHelloIsToldBeforeTheStreamAndHoldsWhatWasAnnounced) {
  auto one = StartNode(k1);
  const raft::VoterSet voters({{{k2, TestDirectory(k2)}, "two:1"}});
  PeerTestNode::Config config = ConfigOf(k2);
  config.max_metadata_version = 7;
  PeerTestNode two(std::move(config), /*has_log=*/true, voters);
  AwaitSession(*one, k1, two, k2);

  const std::optional<raft::PeerHello> hello = one->events().LastHello(k2);
  ASSERT_TRUE(hello.has_value());
  EXPECT_EQ(hello->key, (raft::ReplicaKey{k2, TestDirectory(k2)}));
  EXPECT_EQ(hello->peer_endpoint, AddressOf(k2).ToString());
  EXPECT_EQ(hello->client_endpoint, "client-of-2:9092");
  EXPECT_THAT(hello->configured_voters, ElementsAre(k1, k2, k3));
  EXPECT_TRUE(hello->has_log);
  EXPECT_EQ(hello->voter_set, voters);
  EXPECT_EQ(hello->max_metadata_version, 7u);
  const std::vector<std::string> lines = one->events().Lines();
  EXPECT_LT(std::find(lines.begin(), lines.end(), "hello 2"),
            std::find(lines.begin(), lines.end(), "up 2 control"));
}

TEST_F(PeerTransportTest, TheClientEndpointOfAPeerIsThatOfItsHelloElseThatOfTheVoterSet) {
  raft::VoterSet voters = TestVoters({k1, k2, k3});
  for (const NodeId id : {k2, k3}) {
    raft::Voter voter = *voters.FindByNodeId(id);
    voter.client_endpoint = "logged:" + ToString(id);
    voters = voters.With(voter);
  }
  PeerTestNode one(ConfigOf(k1), /*has_log=*/true, voters);
  PeerTestNode two(ConfigOf(k2), /*has_log=*/true, voters);
  AwaitSession(one, k1, two, k2);
  EXPECT_EQ(one.transport().ClientEndpoint(k2), "client-of-2:9092");
  EXPECT_EQ(one.transport().ClientEndpoint(k3), "logged:3") << "it is down";
  EXPECT_EQ(one.transport().ClientEndpoint(k4), std::nullopt);
}

TEST_F(PeerTransportTest, AQuestionIsAnsweredOnItsOwnStream) {
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  two->events().SetOnMessage([&](const RecordingEvents::Received& received) {
    const auto& heartbeat = std::get<raft::Heartbeat>(received.message);
    two->transport().Reply(received.session,
                           raft::HeartbeatResponse{heartbeat.epoch, heartbeat.read_sequence});
  });
  AwaitSession(*one, k1, *two, k2);

  one->transport().Send(k2, raft::Heartbeat{.epoch = Epoch(3), .read_sequence = 4});
  ASSERT_TRUE(one->events().AwaitMessages(1));
  const RecordingEvents::Received question = two->events().Messages().at(0);
  EXPECT_EQ(question.from, k1);
  EXPECT_NE(question.session, 0u);
  const RecordingEvents::Received answer = one->events().Messages().at(0);
  EXPECT_EQ(answer.from, k2);
  EXPECT_EQ(answer.session, 0u);
  EXPECT_EQ(ToString(answer.message),
            ToString(raft::Message(raft::HeartbeatResponse{Epoch(3), 4})));
}

TEST_F(PeerTransportTest, BothEndsCountTheirMessages) {
  constexpr uint64_t kMessages = 100;
  const raft::VoterSet voters = TestVoters({k1, k2, k3});
  PeerTestNode one(ConfigOf(k1), /*has_log=*/true, voters);
  PeerTestNode two(ConfigOf(k2), /*has_log=*/true, voters);
  AwaitSession(one, k1, two, k2);
  for (uint64_t i = 0; i < kMessages; ++i) one.transport().Send(k2, raft::Heartbeat{});
  ASSERT_TRUE(two.events().AwaitMessages(kMessages));
  const PeerMetricsMap of_one = one.transport().Metrics();
  const PeerMetricsMap of_two = two.transport().Metrics();
  EXPECT_GE(of_one.at(k2)->sent_messages.value(), kMessages);
  EXPECT_GT(of_one.at(k2)->sent_bytes.value(), kMessages);
  EXPECT_GE(of_two.at(k1)->received_messages.value(), kMessages);
  EXPECT_GT(of_two.at(k1)->received_bytes.value(), kMessages);
}

TEST_F(PeerTransportTest, MessagesOfAStreamStayInOrder) {
  constexpr int64_t kMessages = 3000;
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  for (int64_t i = 1; i <= kMessages; ++i) {
    one->transport().Send(k2, raft::Heartbeat{.read_sequence = i});
    one->transport().Send(k2, AppendOf(i, "record"));
  }
  ASSERT_TRUE(two->events().AwaitMessages(2 * kMessages));
  int64_t heartbeats = 0;
  int64_t appends = 0;
  for (const RecordingEvents::Received& received : two->events().Messages()) {
    if (const auto* heartbeat = std::get_if<raft::Heartbeat>(&received.message)) {
      EXPECT_EQ(heartbeat->read_sequence, ++heartbeats);
    } else {
      EXPECT_EQ(std::get<raft::AppendRequest>(received.message).sequence, ++appends);
    }
  }
}

TEST_F(PeerTransportTest, AnEntryOfTheLargestSizeArrivesWhole) {
  KeepGrpcThreads();
  // A ping makes gRPC send what it has queued. The entry must arrive without one.
  PeerTestNode::Config configs[] = {ConfigOf(k1), ConfigOf(k2)};
  for (PeerTestNode::Config& config : configs) {
    config.timings.keepalive_interval = std::chrono::hours(1);
  }
  auto one = std::make_unique<PeerTestNode>(configs[0]);
  auto two = std::make_unique<PeerTestNode>(configs[1]);
  AwaitSession(*one, k1, *two, k2);
  const size_t header_bytes =
      raft::Entry::EncodedSize({.epoch = Epoch(1), .index = LogIndex(1)}, 0);
  raft::AppendRequest request = AppendOf(1, std::string(raft::kMaxEntryBytes - header_bytes, 'x'));
  const raft::EntryPtr sent = request.entries[0];
  ASSERT_EQ(sent->encoded().size(), raft::kMaxEntryBytes);
  one->transport().Send(k2, std::move(request));
  ASSERT_TRUE(two->events().AwaitMessages(1));
  const auto got = std::get<raft::AppendRequest>(two->events().Messages()[0].message);
  ASSERT_EQ(got.entries.size(), 1u);
  EXPECT_TRUE(got.entries[0]->encoded() == sent->encoded());
}

TEST_F(PeerTransportTest, AnEntryIsReleasedOnceItIsSent) {
  KeepGrpcThreads();
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  raft::AppendRequest request = AppendOf(1, std::string(size_t{1} << 20, 'x'));
  const raft::EntryPtr sent = request.entries[0];
  one->transport().Send(k2, std::move(request));
  ASSERT_TRUE(two->events().AwaitMessages(1));
  EXPECT_TRUE(AwaitReleased(sent));
}

// The entries wait on a stream whose peer does not read, and the stream ends.
TEST_F(PeerTransportTest, EntriesThatCannotBeSentAreReleasedWithTheirStream) {
  KeepGrpcThreads();
  constexpr int64_t kMessages = 64;
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  std::promise<void> resume;
  two->loop().Post([blocked = resume.get_future()] { blocked.wait(); });
  raft::AppendRequest request = AppendOf(1, std::string(size_t{1} << 20, 'x'));
  const raft::EntryPtr sent = request.entries[0];
  for (int64_t i = 1; i <= kMessages; ++i) one->transport().Send(k2, request);
  request.entries.clear();
  one->loop().Drain();
  EXPECT_GT(sent.use_count(), 1);
  one->Stop();
  EXPECT_TRUE(AwaitReleased(sent));
  resume.set_value();
}

TEST_F(PeerTransportTest, AnObserverIsDialledWhereItSaysAndForgottenWhenItGoes) {
  auto one = StartNode(k1);
  PeerTestNode::Config config{
      .id = k4, .listen = AddressOf(k4), .peers = {{k1, AddressOf(k1)}}, .observer = true};
  auto four = std::make_unique<PeerTestNode>(config);
  AwaitSession(*one, k1, *four, k4);
  EXPECT_TRUE(one->events().LastHello(k4)->observer);
  EXPECT_THAT(one->events().LastHello(k4)->configured_voters, ElementsAre(k1));

  four.reset();
  ASSERT_TRUE(one->events().Await("down 4 control"));
  // Node 1 learns about it again only because it dials node 1.
  auto again = std::make_unique<PeerTestNode>(config);
  ASSERT_TRUE(one->events().Await("up 4 control", 2));
  ASSERT_TRUE(one->events().Await("up 4 append", 2));
}

TEST_F(PeerTransportTest, AVoterThatIsNotConfiguredIsDialledWhereTheVoterSetSays) {
  const raft::VoterSet voters({{{k1, TestDirectory(k1)}, AddressOf(k1).ToString()},
                               {{k4, TestDirectory(k4)}, AddressOf(k4).ToString()}});
  PeerTestNode one({.id = k1, .listen = AddressOf(k1)}, /*has_log=*/true, voters);
  // The configuration of node 4 names only node 2, which does not run.
  PeerTestNode four(
      {.id = k4, .listen = AddressOf(k4), .peers = {{k2, AddressOf(k2)}}, .observer = true});
  AwaitSession(one, k1, four, k4);

  // After node 4 was removed, node 1 still dials it while it has streams to node 1.
  one.transport().Announce(/*has_log=*/true, voters.Without(k4));
  one.loop().Drain();
  EXPECT_EQ(one.events().Count("down 4 control"), 0u);
}

// The receiver's raft loop is blocked. gRPC's flow control must hold back the sender.
TEST_F(PeerTransportTest, APeerThatDoesNotConsumeIsHeldBack) {
  KeepGrpcThreads();
  constexpr int64_t kMessages = 24;
  constexpr size_t kMessageBytes = size_t{4} << 20;
  constexpr size_t kMostUnread = (size_t{32} << 20) / kMessageBytes + 1;
  auto one = StartNode(k1);
  PeerTestNode::Config config = ConfigOf(k2);
  config.peers.erase(k3);  // dialling node 3 would post tasks too
  auto two = std::make_unique<PeerTestNode>(std::move(config));
  AwaitSession(*one, k1, *two, k2);

  std::promise<void> resume;
  two->loop().Post([blocked = resume.get_future()] { blocked.wait(); });
  const size_t before = two->loop().posted();
  for (int64_t i = 1; i <= kMessages; ++i) {
    one->transport().Send(k2, AppendOf(i, std::string(kMessageBytes, 'x')));
  }
  ASSERT_TRUE(two->loop().AwaitPosted(before + kMostUnread - 1));
  // A receiver without a limit would accept the rest within this time. The test does not depend on
  // it.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  EXPECT_LE(two->loop().posted(), before + kMostUnread);

  resume.set_value();
  ASSERT_TRUE(two->events().AwaitMessages(kMessages));
  int64_t last = 0;
  for (const RecordingEvents::Received& received : two->events().Messages()) {
    EXPECT_EQ(std::get<raft::AppendRequest>(received.message).sequence, ++last);
  }
}

TEST_F(PeerTransportTest, WhatCannotBeDeliveredIsDropped) {
  auto one = StartNode(k1);
  one->transport().Send(k2, raft::TimeoutNow{Epoch(1)});         // no stream yet
  one->transport().Send(NodeId(9), raft::TimeoutNow{Epoch(1)});  // unknown node
  one->transport().Reply(12345, raft::HeartbeatResponse{});      // no such session
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  one->transport().Send(k2, raft::TimeoutNow{Epoch(2)});
  ASSERT_TRUE(two->events().AwaitMessages(1));
  EXPECT_EQ(std::get<raft::TimeoutNow>(two->events().Messages()[0].message).epoch, Epoch(2));
}

TEST_F(PeerTransportTest, OtherThreadsMayAskWhereAPeerIsReached) {
  auto one = StartNode(k1);
  EXPECT_EQ(one->transport().ClientEndpoint(k2), std::nullopt);
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  EXPECT_EQ(one->transport().ClientEndpoint(k2), "client-of-2:9092");
  two->Stop();
  ASSERT_TRUE(one->events().Await("down 2 control"));
  EXPECT_EQ(one->transport().ClientEndpoint(k2), "client-of-2:9092");
}

TEST_F(PeerTransportTest, AGoodbyeIsToldOnceAndItsStopIsNoDeath) {
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  two->transport().SayGoodbye(raft::GoodbyeReason::kStopping, Epoch(7));
  two->Stop();
  ASSERT_TRUE(one->events().Await("goodbye 2 stopping 7"));
  ASSERT_TRUE(one->events().Await("down 2 control"));

  // Once node 2 is up again, every event of its first process has been reported.
  two = StartNode(k2);
  ASSERT_TRUE(one->events().Await("up 2 control", 2));
  EXPECT_EQ(one->events().Count("goodbye 2 stopping 7"), 1u);
  EXPECT_THAT(one->events().Lines(), Not(Contains("dead 2")));
}

TEST_F(PeerTransportTest, AStopWithoutGoodbyeIsADeathToldOnce) {
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  two->Stop();
  ASSERT_TRUE(one->events().Await("dead 2"));
  const std::vector<std::string> lines = one->events().Lines();
  EXPECT_LT(std::find(lines.begin(), lines.end(), "down 2 control"),
            std::find(lines.begin(), lines.end(), "dead 2"));
  two = StartNode(k2);
  ASSERT_TRUE(one->events().Await("up 2 control", 2));
  EXPECT_EQ(one->events().Count("dead 2"), 1u);
}

// A leader that resigns (because its disk is slow, for example) keeps running, and may lead and die
// later.
TEST_F(PeerTransportTest, AfterResigningAStopIsStillADeath) {
  auto one = StartNode(k1);
  auto two = StartNode(k2);
  AwaitSession(*one, k1, *two, k2);
  two->transport().SayGoodbye(raft::GoodbyeReason::kResigned, Epoch(4));
  ASSERT_TRUE(one->events().Await("goodbye 2 resigned 4"));
  EXPECT_EQ(one->events().Count("down 2 control"), 0u);
  two->Stop();
  ASSERT_TRUE(one->events().Await("dead 2"));
}

TEST_F(PeerTransportTest, StartingAndStoppingUnderTrafficLeavesNothingBehind) {
  auto one = StartNode(k1);
  for (int round = 0; round < 20; ++round) {
    auto two = StartNode(k2);
    two->events().SetOnMessage([&two](const RecordingEvents::Received& received) {
      two->transport().Reply(received.session, raft::HeartbeatResponse{});
    });
    // In the other rounds node 2 stops while it is being dialled.
    if (round % 2 == 0) {
      ASSERT_TRUE(one->events().Await("up 2 control", static_cast<size_t>(round / 2 + 1)));
    }
    for (int64_t i = 1; i <= 50; ++i) {
      one->transport().Send(k2, raft::Heartbeat{.read_sequence = i});
      two->transport().Send(k1, raft::Heartbeat{.read_sequence = i});
      one->transport().Send(k2, AppendOf(i, "record"));
    }
    two->Stop();
    const size_t told = two->events().Lines().size() + two->events().Messages().size();
    two->transport().Send(k1, raft::TimeoutNow{Epoch(1)});
    two->loop().Drain();
    EXPECT_EQ(two->events().Lines().size() + two->events().Messages().size(), told);
  }
}

}  // namespace
}  // namespace quorate::server
