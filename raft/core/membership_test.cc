// Voters and observers (Raft dissertation §4, KIP-853). testdata/membership_*.txt shows several
// nodes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "raft/testing/lone_core.h"
#include "raft/testing/test_cluster.h"
#include "tests/sim/checks/invariants.h"

namespace quorate::raft {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Duration kLong = std::chrono::seconds(10);

std::string WhyNot(const RaftCore& core, const VoterSet& next) {
  return std::string(core.CheckVoterChange(next).message());
}

void ProposeVoters(LoneCore& node, const VoterSet& voters) {
  node.Step(event::Propose{{Proposal{.expected_epoch = node.core().epoch(),
                                     .expected_base_offset = node.core().log().end_offset(),
                                     .type = EntryType::kVoters,
                                     .payload = voters.Encode()}}});
}

void BringUp(LoneCore& node, const ReplicaKey& peer) {
  for (const StreamClass stream : {StreamClass::kControl, StreamClass::kAppend}) {
    node.Step(event::StreamUp{.peer = peer.node_id, .stream = stream, .key = peer});
  }
}

TEST(VoterChangeTest, ComesAfterTheBarrierAndOneAtATime) {
  LoneCore node;
  const VoterSet more = node.core().log().voters().With({.key = LoneCore::KeyOf(4)});
  EXPECT_THAT(WhyNot(node.core(), more), HasSubstr("does not lead"));
  node.BecomeLeader();
  EXPECT_THAT(WhyNot(node.core(), more), HasSubstr("barrier"));
  node.Acknowledge(2);
  EXPECT_EQ(WhyNot(node.core(), more), "");
  ProposeVoters(node, more);
  EXPECT_THAT(WhyNot(node.core(), more.Without(NodeId(2))), HasSubstr("not committed"));
  node.Sync();
  node.Acknowledge(2);
  EXPECT_THAT(WhyNot(node.core(), more.Without(NodeId(2))), HasSubstr("not committed"))
      << "two of four are no majority";
  node.Acknowledge(3);  // the barrier
  node.Acknowledge(3);
  EXPECT_EQ(WhyNot(node.core(), more.Without(NodeId(2))), "");
}

TEST(VoterChangeTest, ChangesOneReplica) {
  LoneCore node;
  node.BecomeClaimedLeader();
  const VoterSet& voters = node.core().log().voters();
  EXPECT_THAT(WhyNot(node.core(), voters.Without(NodeId(2)).Without(NodeId(3))),
              HasSubstr("2 replicas"));
  EXPECT_THAT(WhyNot(node.core(), voters.Without(NodeId(2)).With({.key = LoneCore::KeyOf(4)})),
              HasSubstr("2 replicas"));
  EXPECT_EQ(WhyNot(node.core(), voters), "") << "a leader writes the founding set to the log";

  LoneCore single(1);
  single.Sync();
  single.Sync();
  EXPECT_THAT(WhyNot(single.core(), VoterSet()), HasSubstr("there would be no voter"));
}

// Returns the same members at other addresses.
VoterSet Moved(const VoterSet& voters, const std::string& host) {
  std::vector<Voter> moved = voters.voters();
  for (Voter& voter : moved) {
    voter.peer_endpoint = host + ":1";
    voter.client_endpoint = host + ":2";
  }
  return VoterSet(std::move(moved));
}

TEST(VoterChangeTest, NewAddressesComeUnderTheSameRules) {
  LoneCore node;
  const VoterSet before = node.core().log().voters();
  const VoterSet moved = Moved(before, "there");
  EXPECT_THAT(WhyNot(node.core(), moved), HasSubstr("does not lead"));
  node.BecomeLeader();
  EXPECT_THAT(WhyNot(node.core(), moved), HasSubstr("barrier"));
  node.Acknowledge(2);
  EXPECT_EQ(WhyNot(node.core(), moved), "") << "all voters may move at once";
  node.TakeEffects<effect::Announce>();
  ProposeVoters(node, moved);
  EXPECT_EQ(node.core().log().voters(), moved);
  const auto announced = node.TakeEffects<effect::Announce>();
  ASSERT_THAT(announced, SizeIs(1));
  EXPECT_EQ(announced[0].voter_set, moved);
  EXPECT_THAT(WhyNot(node.core(), before), HasSubstr("not committed"));
  EXPECT_THAT(node.core().Describe(node.now()).replicas, SizeIs(3));
  node.Sync();
  node.Acknowledge(2);
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(2)) << "a majority of the same members";
  EXPECT_EQ(WhyNot(node.core(), before), "");
  // An address may change with the member that comes or goes.
  EXPECT_EQ(WhyNot(node.core(), before.Without(NodeId(3))), "");
  EXPECT_THAT(WhyNot(node.core(), before.Without(NodeId(3)).With({.key = LoneCore::KeyOf(4)})),
              HasSubstr("2 replicas"));
}

// Found by the simulator: the read waited forever, and so did every later read.
TEST(VoterChangeTest, AReadThatWaitedForTheLastOtherVoterIsConfirmed) {
  LoneCore node(2);
  node.BecomeClaimedLeader();
  node.Step(event::StartRead{.token = 1, .deadline = node.now() + kLong});
  EXPECT_THAT(node.TakeEffects<effect::ReadReady>(), IsEmpty());
  ProposeVoters(node, node.core().log().voters().Without(NodeId(2)));
  EXPECT_THAT(node.TakeEffects<effect::ReadReady>(), SizeIs(1));
}

TEST(ObserverTest, IsNeededForNothing) {
  LoneCore single(1);
  BringUp(single, LoneCore::KeyOf(2));
  single.Sync();
  single.Sync();
  EXPECT_EQ(single.core().log().commit_index(), LogIndex(1));
  single.Step(event::StartRead{.token = 1, .deadline = single.now() + kLong});
  EXPECT_THAT(single.TakeEffects<effect::ReadReady>(), SizeIs(1));
  single.Advance(kLong);
  EXPECT_TRUE(std::holds_alternative<Leader>(single.core().role()));
  single.Step(event::StartTransfer{.token = 2, .target = NodeId(2)});
  const auto done = single.TakeEffects<effect::TransferDone>();
  ASSERT_THAT(done, SizeIs(1));
  EXPECT_THAT(std::string(done[0].status.message()), HasSubstr("controller 2 is not a voter"));
}

TEST(ObserverTest, IsForgottenWithItsStream) {
  LoneCore node;
  node.BecomeClaimedLeader();
  BringUp(node, LoneCore::KeyOf(4));
  const auto replicas = [&] { return node.core().Describe(node.now()).replicas; };
  ASSERT_THAT(replicas(), SizeIs(4));
  EXPECT_FALSE(replicas()[3].is_voter);
  node.Step(event::StreamDown{.peer = NodeId(4), .stream = StreamClass::kAppend});
  EXPECT_THAT(replicas(), SizeIs(3));
}

TEST(ObserverTest, WhatAReplicaSupportsIsKnownWhileItIsInSession) {
  LoneCore node(/*nodes=*/3, {}, {.max_metadata_version = 7});
  node.BecomeClaimedLeader();
  const auto supported = [&](size_t replica) {
    return node.core().Describe(node.now()).replicas.at(replica).max_metadata_version;
  };
  EXPECT_EQ(supported(0), 7u) << "this node itself";
  EXPECT_EQ(supported(1), 0u) << "it said no Hello";
  node.Step(event::Hello{{.key = LoneCore::KeyOf(2), .max_metadata_version = 6}});
  EXPECT_EQ(supported(1), 6u);
  node.Step(event::Hello{{.key = LoneCore::KeyOf(2), .max_metadata_version = 5}});
  EXPECT_EQ(supported(1), 5u) << "its latest Hello counts";

  node.Step(event::Hello{{.key = LoneCore::KeyOf(4), .max_metadata_version = 3}});
  BringUp(node, LoneCore::KeyOf(4));
  EXPECT_EQ(supported(3), 3u);

  // Another replica under the node id says nothing about the voter.
  ReplicaKey copy = LoneCore::KeyOf(3);
  copy.directory_id = LoneCore::KeyOf(9).directory_id;
  node.Step(event::Hello{{.key = copy, .max_metadata_version = 7}});
  EXPECT_EQ(supported(2), 0u);

  node.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  EXPECT_EQ(supported(1), 0u) << "the next process may be an older program";
}

TEST(ObserverTest, WhatAReplicaAnnouncesIsKnownWhileItIsInSession) {
  LoneCore node(/*nodes=*/3, {}, {.peer_endpoint = "one:1", .client_endpoint = "one:2"});
  node.BecomeClaimedLeader();
  const auto announced = [&](size_t replica) {
    return node.core().Describe(node.now()).replicas.at(replica).announced;
  };
  ASSERT_TRUE(announced(0).has_value()) << "this node itself";
  EXPECT_EQ(announced(0)->peer_endpoint, "one:1");
  EXPECT_EQ(announced(0)->client_endpoint, "one:2");
  EXPECT_FALSE(announced(1).has_value()) << "it said no Hello";
  const Voter two{.key = LoneCore::KeyOf(2), .peer_endpoint = "two:1", .client_endpoint = "two:2"};
  node.Step(event::Hello{{.key = two.key, .peer_endpoint = "two:1", .client_endpoint = "two:2"}});
  EXPECT_EQ(announced(1), two);

  // Another replica under the node id says nothing about the voter.
  ReplicaKey other = two.key;
  other.directory_id = LoneCore::KeyOf(5).directory_id;
  node.Step(event::Hello{{.key = other, .peer_endpoint = "other:1"}});
  EXPECT_FALSE(announced(1).has_value());
  node.Step(event::Hello{{.key = two.key, .peer_endpoint = "two:1", .client_endpoint = "two:2"}});
  node.Step(event::StreamDown{.peer = NodeId(2), .stream = StreamClass::kControl});
  EXPECT_FALSE(announced(1).has_value());
}

TEST(ObserverTest, IsCaughtUpWhileItIsAtMostAnElectionTimeoutBehind) {
  LoneCore node;
  node.BecomeClaimedLeader();
  const auto caught_up = [&] { return node.core().Describe(node.now()).replicas.at(3).caught_up; };
  BringUp(node, LoneCore::KeyOf(4));
  EXPECT_FALSE(caught_up());
  // The leader always has one more entry than is acknowledged, but the observer counts as caught
  // up.
  for (int i = 0; i < 5; ++i) {
    node.Propose("under load");
    node.Acknowledge(4);
    node.Propose("and more");
    node.Acknowledge(2);
    node.Acknowledge(3);
    node.Sync();
    node.Advance(std::chrono::milliseconds(300));
  }
  EXPECT_TRUE(caught_up());
  for (int i = 0; i < 5; ++i) {
    node.Propose("nothing is acknowledged");
    node.Acknowledge(2);
    node.Acknowledge(3);
    node.Sync();
    node.Advance(std::chrono::milliseconds(300));
  }
  EXPECT_FALSE(caught_up());
}

TEST(RemovedLeaderTest, ResignsIfNobodyIsReadyToTakeOver) {
  LoneCore node;
  node.BecomeClaimedLeader();
  ProposeVoters(node, node.core().log().voters().Without(NodeId(1)));
  node.Sync();
  node.Acknowledge(2);
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(1)) << "it does not count itself";
  node.Acknowledge(3);
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(2));
  EXPECT_THAT(node.TakeEffects<effect::Pause>(), SizeIs(1));
  node.Advance(std::chrono::milliseconds(200));
  EXPECT_TRUE(std::holds_alternative<Follower>(node.core().role()));
  EXPECT_THAT(node.TakeEffects<effect::SayGoodbye>(), SizeIs(1));
}

// Dissertation §4.2.2: controller 2 alone cannot win against the longer log of controller 1.
// Without controller 1 it is not a majority of the set that it knows.
TEST(RemovedLeaderTest, LeadsOnceMoreIfItsRemovalIsNotCommitted) {
  TestCluster cluster({.nodes = 2});
  for (const int id : {1, 2}) cluster.Start(NodeId(id));
  cluster.ConnectAll();
  cluster.Elect(NodeId(1));
  cluster.Disconnect(NodeId(1), NodeId(2));
  cluster.ProposeVoters(NodeId(1), cluster.Voters().Without(NodeId(1)));
  cluster.SyncAll();
  cluster.Crash(NodeId(1));
  cluster.Start(NodeId(1));
  cluster.ConnectAll();
  EXPECT_TRUE(cluster.RunUntil([&] { return cluster.FindLeader() == NodeId(1); }, kLong));
  EXPECT_TRUE(cluster.RunUntil([&] { return cluster.FindLeader() == NodeId(2); }, kLong));
  EXPECT_TRUE(
      cluster.RunUntil([&] { return cluster.At(NodeId(1)).core->leader() == NodeId(2); }, kLong));
}

class MembershipTest : public ::testing::Test {
 protected:
  void Start(int nodes, int observers) {
    cluster_.emplace(TestCluster::Options{.nodes = nodes, .observers = observers});
    cluster_->SetObserver({.steps = &invariants_,
                           .on_durable = [this](const ReplicaKey& key,
                                                WriteId id) { invariants_.OnDurable(key, id); },
                           .on_delivered =
                               [this](const ReplicaKey& key, const std::vector<EntryPtr>& entries) {
                                 invariants_.OnDelivered(key, entries);
                               }});
    for (const NodeId id : cluster_->Ids()) cluster_->Start(id);
    cluster_->ConnectAll();
    cluster_->Elect(NodeId(1));
  }

  void Isolate(NodeId id) {
    for (const NodeId other : cluster_->Ids()) cluster_->Disconnect(id, other);
  }

  bool RunUntil(const std::function<bool()>& done) {
    return cluster_->RunUntil(
        [&] {
          for (const NodeId id : cluster_->Ids()) {
            auto& node = cluster_->At(id);
            if (node.core && node.paused_epoch) {
              cluster_->Step(id, event::PauseConfirmed{*std::exchange(node.paused_epoch, {})});
            }
          }
          return done();
        },
        kLong);
  }

  std::optional<NodeId> Claimed() const {
    const std::optional<NodeId> leader = cluster_->FindLeader();
    return leader && cluster_->At(*leader).claimed ? leader : std::nullopt;
  }

  // Changes the voters as an administrator does, and waits until the change is committed.
  void Change(const std::function<VoterSet(const VoterSet&)>& change) {
    ASSERT_TRUE(RunUntil([&] { return Claimed().has_value(); }));
    const RaftCore& leader = *cluster_->At(*Claimed()).core;
    const VoterSet next = change(leader.log().voters());
    ASSERT_EQ(WhyNot(leader, next), "");
    const LogIndex index = leader.log().last_index() + 1;
    cluster_->ProposeVoters(*Claimed(), next);
    ASSERT_TRUE(RunUntil([&] {
      const std::optional<NodeId> now = Claimed();
      return now && cluster_->At(*now).core->log().voters() == next &&
             cluster_->At(*now).core->log().commit_index() >= index;
    }));
  }

  std::optional<TestCluster> cluster_;
  sim::Invariants invariants_;
};

TEST_F(MembershipTest, GrowsFromOneToSevenAndShrinksBack) {
  Start(1, 6);
  for (int id = 2; id <= 7; ++id) {
    Change([&](const VoterSet& voters) { return voters.With(cluster_->VoterOf(NodeId(id))); });
    cluster_->Propose(*Claimed(), "while it grows");
  }
  // Each time the leader is removed, and another voter takes over.
  for (int voters_left = 6; voters_left >= 1; --voters_left) {
    const NodeId removed = Claimed().value();
    Change([&](const VoterSet& voters) { return voters.Without(removed); });
    ASSERT_TRUE(RunUntil([&] { return Claimed().has_value() && Claimed() != removed; }));
    EXPECT_THAT(cluster_->At(*Claimed()).core->log().voters().voters(), SizeIs(voters_left));
    EXPECT_EQ(cluster_->At(removed).core->leader(), Claimed()) << "it observes";
    cluster_->Propose(*Claimed(), "while it shrinks");
  }
  EXPECT_THAT(invariants_.violations(), IsEmpty());
}

TEST_F(MembershipTest, NewAddressesChangeNoMember) {
  Start(3, 0);
  Change([](const VoterSet& voters) { return Moved(voters, "there"); });
  const VoterSet moved = cluster_->At(NodeId(1)).core->log().voters();
  EXPECT_EQ(moved.DistanceTo(cluster_->Voters()), 0u);
  ASSERT_TRUE(RunUntil([&] {
    return cluster_->At(NodeId(2)).core->log().voters() == moved &&
           cluster_->At(NodeId(3)).core->log().voters() == moved;
  }));
  // The next leader begins with these addresses. Those that a leader cannot commit are lost.
  Isolate(NodeId(1));
  cluster_->ProposeVoters(NodeId(1), Moved(moved, "nowhere"));
  ASSERT_TRUE(RunUntil([&] { return Claimed().has_value() && Claimed() != NodeId(1); }));
  EXPECT_EQ(cluster_->At(*Claimed()).core->log().voters(), moved);
  Change([](const VoterSet& voters) { return Moved(voters, "here"); });
  cluster_->ConnectAll();
  EXPECT_TRUE(RunUntil(
      [&] { return cluster_->At(NodeId(1)).core->log().voters() == Moved(moved, "here"); }));
  EXPECT_THAT(invariants_.violations(), IsEmpty());
}

TEST_F(MembershipTest, ARemovedVoterThatMissedItDisturbsNobody) {
  Start(3, 0);
  const NodeId leader(1);
  const NodeId removed(3);
  Isolate(removed);
  Change([&](const VoterSet& voters) { return voters.Without(removed); });
  const Epoch epoch = cluster_->At(leader).core->epoch();
  // It reaches only the other follower, and would still vote for itself.
  cluster_->Connect(NodeId(2), removed);
  EXPECT_FALSE(RunUntil([&] { return cluster_->At(leader).core->epoch() != epoch; }));
  EXPECT_EQ(cluster_->FindLeader(), leader);
  // When it reaches the leader, it learns of its removal.
  cluster_->Connect(leader, removed);
  EXPECT_TRUE(RunUntil(
      [&] { return cluster_->At(removed).core->log().voters().FindByNodeId(removed) == nullptr; }));
  EXPECT_THAT(invariants_.violations(), IsEmpty());
}

// A voter whose log is behind does not know of a replaced directory. It must still vote for that
// directory and follow it, or three of these five would not be a quorum.
TEST_F(MembershipTest, AVoterThatMissedAReplacementWorksWithTheNewDirectory) {
  Start(5, 0);
  const NodeId replaced(5);
  Isolate(NodeId(2));
  cluster_->Crash(replaced);
  cluster_->WipeDisk(replaced);
  cluster_->Start(replaced);
  for (const int id : {1, 3, 4}) cluster_->Connect(NodeId(id), replaced);
  Change([&](const VoterSet& voters) { return voters.Without(replaced); });
  Change([&](const VoterSet& voters) { return voters.With(cluster_->VoterOf(replaced)); });
  // Among the survivors, only the new directory has everything.
  Isolate(NodeId(4));
  cluster_->Propose(NodeId(1), "committed on 1, 3 and 5");
  cluster_->Settle();
  ASSERT_EQ(invariants_.cluster().committed_index(),
            cluster_->At(NodeId(1)).core->log().last_index());
  cluster_->Crash(NodeId(1));
  cluster_->Crash(NodeId(3));
  cluster_->ConnectAll();
  EXPECT_TRUE(RunUntil([&] { return Claimed() == replaced; }));
  EXPECT_THAT(invariants_.violations(), IsEmpty());
}

}  // namespace
}  // namespace quorate::raft
