// What a snapshot lets the log forget, and how a node that needs the forgotten part gets it (Raft
// §7, KIP-630).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "raft/testing/lone_core.h"
#include "raft/testing/test_cluster.h"

namespace quorate::raft {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Answer = SnapshotChunkResponse::State;

RaftOptions KeepEntries(int64_t entries) {
  RaftOptions options;
  options.kept_entries = entries;
  return options;
}

// A snapshot of somebody's log that ends in entry `last_index` of `epoch`.
SnapshotMeta MakeMeta(int64_t last_index, int32_t epoch) {
  return {.id = {.end_offset = RecordOffset(last_index), .epoch = Epoch(epoch)},
          .last_index = LogIndex(last_index),
          .last_checksum = 0xfeed};
}

// The place behind entry `index` of the core's own log.
SnapshotMeta MetaAt(RaftCore& core, int64_t index) {
  return SnapshotMeta::After(*core.log().Find(LogIndex(index)), LogIndex(0), {});
}

SnapshotChunk MakeChunk(const SnapshotMeta& meta, int32_t epoch, int64_t sequence = 1) {
  return {.epoch = Epoch(epoch),
          .sequence = sequence,
          .id = meta.id,
          .last_index = meta.last_index,
          .total_bytes = 3,
          .bytes = "abc"};
}

// --- What is forgotten

TEST(SnapshotTest, ASavedSnapshotLetsTheLogForgetItsPrefix) {
  LoneCore node(1, {}, KeepEntries(0));
  node.Sync();  // its own vote, and it leads
  node.Sync();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(6));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 4)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(5));
  node.Sync();
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6)) << "the last entry stays";
}

TEST(SnapshotTest, AnOlderSnapshotChangesNothing) {
  LoneCore node(1, {}, KeepEntries(0));
  node.Sync();  // its own vote, and it leads
  node.Sync();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  const SnapshotMeta older = MetaAt(node.core(), 3);
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 4)});
  node.Step(event::SnapshotSaved{older});
  EXPECT_EQ(node.core().snapshot()->last_index, LogIndex(4));
  EXPECT_EQ(node.core().log().first_index(), LogIndex(5));
}

TEST(SnapshotTest, SomeEntriesStayForThoseWhoAreALittleBehind) {
  LoneCore node(1, {}, KeepEntries(2));
  node.Sync();  // its own vote, and it leads
  node.Sync();
  for (int i = 0; i < 9; ++i) node.Propose("x");
  node.Sync();
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 8)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(7));
}

TEST(SnapshotTest, WhatALivePeerNeedsStays) {
  LoneCore node(3, {}, KeepEntries(0));
  node.BecomeClaimedLeader();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  node.Acknowledge(2);  // a majority; 3 has the barrier alone
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(6));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(2));
}

TEST(SnapshotTest, APeerThatIsNotHeardOfHoldsNothingBack) {
  RaftOptions options = KeepEntries(0);
  LoneCore node(3, {}, options);
  node.BecomeClaimedLeader();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  node.Acknowledge(2);
  for (int i = 0; i < 12; ++i) {
    node.Advance(options.heartbeat_interval);
    node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
  }
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 6)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

// Nor for ever. And after a restart the newest is known before anything was dropped.
TEST(SnapshotTest, OneThatIsKnownAlreadyLetsTheLogForgetWhatWasHeldBack) {
  RaftOptions options = KeepEntries(0);
  LoneCore node(3, {}, options);
  node.BecomeClaimedLeader();
  for (int i = 0; i < 5; ++i) node.Propose("x");
  node.Sync();
  node.Acknowledge(2);
  const SnapshotMeta snapshot = MetaAt(node.core(), 6);
  node.Step(event::SnapshotSaved{snapshot});
  ASSERT_EQ(node.core().log().first_index(), LogIndex(2)) << "3 needs it, and was there just now";
  for (int i = 0; i < 12; ++i) {
    node.Advance(options.heartbeat_interval);
    node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
  }
  node.Step(event::SnapshotSaved{snapshot});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

TEST(SnapshotTest, NothingIsKeptBeyondTheBoundInBytes) {
  RaftOptions options = KeepEntries(100);
  options.kept_bytes = size_t{3} << 20;
  LoneCore node(1, {}, options);
  node.Sync();  // its own vote, and it leads
  node.Sync();
  for (int i = 0; i < 10; ++i) node.Propose(std::string(size_t{1} << 20, 'x'));
  node.Sync();
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 11)});
  EXPECT_GE(node.core().log().first_index(), LogIndex(9));
  EXPECT_LT(node.core().log().first_index(), LogIndex(11));
}

TEST(SnapshotTest, WhatIsNotDurableIsNotDropped) {
  LoneCore node(3, {1, 1, 1, 1}, KeepEntries(0));
  node.BecomeClaimedLeader();
  node.Propose("x");
  node.Propose("x");  // its disk falls behind its peers'
  node.Acknowledge(2);
  node.Acknowledge(3);
  ASSERT_EQ(node.core().log().commit_index(), LogIndex(7));
  ASSERT_EQ(node.core().log().durable_index(), LogIndex(5));
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 7)});
  EXPECT_EQ(node.core().log().first_index(), LogIndex(6));
}

// A read of the disk that a drop overtook is neither an answer nor a loss.
TEST(SnapshotTest, AReadThatTheDropOvertookIsForgotten) {
  RaftOptions options = KeepEntries(0);
  options.cache_bytes = 1;
  LoneCore node(3, {1, 1, 1, 1}, options);
  node.HoldReads();
  node.BecomeLeader();
  node.Acknowledge(2);
  // 3 has nothing, and is not heard again.
  node.Reject(3);
  const auto reads = node.TakeEffects<effect::ReadEntries>();
  ASSERT_THAT(reads, SizeIs(1));
  for (int i = 0; i < 12; ++i) {
    node.Advance(options.heartbeat_interval);
    node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
  }
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 5)});
  ASSERT_EQ(node.core().log().first_index(), LogIndex(5));
  node.Step(event::EntriesRead{.peer = reads[0].peer,
                               .epoch = reads[0].epoch,
                               .from = reads[0].from,
                               .entries = absl::OutOfRangeError("not in the log any more")});
  EXPECT_FALSE(node.core().stopped());
}

// --- What a follower is sent

class SnapshotTransferTest : public ::testing::Test {
 protected:
  static TestCluster::Options MakeOptions() {
    TestCluster::Options options;
    options.raft.kept_entries = 0;
    return options;
  }
  // 1 leads; 3 is down and lacks what 1 and 2 have forgotten.
  SnapshotTransferTest() {
    for (const NodeId id : cluster_.Ids()) cluster_.Start(id);
    cluster_.ConnectAll();
    cluster_.Elect(kLeader);
    Propose(3);
    cluster_.Crash(kBehind);
    Propose(5);
    Advance(1100);
    for (const NodeId id : {kLeader, kOther}) cluster_.SaveSnapshot(id);
    cluster_.Settle();
    last_ = Log(kLeader).last_index();
  }
  void Propose(int entries) {
    for (int i = 0; i < entries; ++i) {
      cluster_.Propose(kLeader, "payload " + std::to_string(++proposed_));
    }
    cluster_.Settle();
  }
  void Advance(int ms) {
    for (int i = 0; i < ms; i += 10) {
      cluster_.Advance(std::chrono::milliseconds(10));
      cluster_.Settle();
    }
  }
  // Starts the node that is behind and connects it.
  void Return(NodeId to = kLeader) {
    if (!cluster_.IsUp(kBehind)) cluster_.Start(kBehind);
    cluster_.Connect(to, kBehind);
  }
  // Delivers and syncs until some of a snapshot is received.
  void RunUntilPartlyReceived() {
    for (int i = 0; i < 1000 && Behind().snapshots.partial_bytes() < 300; ++i) {
      cluster_.SyncAll();
      if (!cluster_.wire().empty()) cluster_.DeliverNear(0);
    }
    ASSERT_GE(Behind().snapshots.partial_bytes(), 300u);
  }
  const LogView& Log(NodeId id) { return cluster_.At(id).core->log(); }
  TestCluster::Node& Behind() { return cluster_.At(kBehind); }
  void ExpectCaughtUp() {
    EXPECT_EQ(Log(kBehind).commit_index(), Log(kLeader).commit_index());
    ASSERT_THAT(Behind().delivered, SizeIs(cluster_.At(kLeader).delivered.size()));
    EXPECT_EQ(Behind().delivered.back()->checksum(),
              cluster_.At(kLeader).delivered.back()->checksum());
  }
  // Where in the snapshot pieces were sent from to the node that is behind.
  std::vector<int64_t> PositionsSent() { return std::exchange(positions_, {}); }

  static constexpr NodeId kLeader{1};
  static constexpr NodeId kOther{2};
  static constexpr NodeId kBehind{3};

  TestCluster cluster_{MakeOptions()};
  LogIndex last_;
  std::vector<int64_t> positions_;
  int proposed_ = 0;
};

TEST_F(SnapshotTransferTest, ANodeFarBehindGetsASnapshotAndThenTheRest) {
  ASSERT_EQ(Log(kLeader).first_index(), last_);
  Return();
  cluster_.Settle();
  Propose(1);
  ExpectCaughtUp();
  EXPECT_EQ(Log(kBehind).first_index(), last_ + 1);
  EXPECT_EQ(Behind().snapshots.Newest(), cluster_.At(kLeader).snapshots.Newest());
}

TEST_F(SnapshotTransferTest, WhatWasInstalledSurvivesARestart) {
  Return();
  cluster_.Settle();
  Propose(2);
  cluster_.Crash(kBehind);
  Return();
  cluster_.Settle();
  Advance(200);
  ExpectCaughtUp();
}

TEST_F(SnapshotTransferTest, GoesOnWhereItBrokeWhenTheReceiverWasRestarted) {
  Return();
  RunUntilPartlyReceived();
  const size_t received = Behind().snapshots.partial_bytes();
  cluster_.Crash(kBehind);
  cluster_.SetObserver({.on_effect = [this](NodeId id, const Effect& effect) {
    const auto* read = std::get_if<effect::ReadChunk>(&effect);
    if (id == kLeader && read != nullptr) positions_.push_back(read->position);
  }});
  Return();
  cluster_.Settle();
  EXPECT_EQ(PositionsSent().front(), static_cast<int64_t>(received));
  ExpectCaughtUp();
}

TEST_F(SnapshotTransferTest, GoesOnFromAnotherControllerThatHasTheSame) {
  Return();
  RunUntilPartlyReceived();
  const size_t received = Behind().snapshots.partial_bytes();
  cluster_.Crash(kLeader);
  cluster_.Connect(kOther, kBehind);
  cluster_.SetObserver({.on_effect = [this](NodeId id, const Effect& effect) {
    const auto* read = std::get_if<effect::ReadChunk>(&effect);
    if (id == kOther && read != nullptr) positions_.push_back(read->position);
  }});
  cluster_.Elect(kOther);
  ASSERT_EQ(cluster_.FindLeader(), kOther);
  EXPECT_EQ(PositionsSent().front(), static_cast<int64_t>(received));
  EXPECT_EQ(Log(kBehind).commit_index(), Log(kOther).commit_index());
}

TEST_F(SnapshotTransferTest, StartsOverWhenANewerOneHasReplacedIt) {
  Return();
  RunUntilPartlyReceived();
  Propose(3);
  cluster_.SaveSnapshot(kLeader);
  cluster_.Settle();
  Advance(600);
  ExpectCaughtUp();
}

TEST_F(SnapshotTransferTest, ADamagedOneIsSentAgain) {
  Return();
  RunUntilPartlyReceived();
  Behind().snapshots.DamagePartial();
  cluster_.Settle();
  ExpectCaughtUp();
}

// braft 5204e09, LogCabin #174: an interrupted installation must neither be lost nor half done.
TEST_F(SnapshotTransferTest, ASnapshotThatWasReceivedAndNotInstalledIsInstalledAtTheNextStart) {
  Return();
  while (!Behind().snapshots.Newest()) {
    for (int i = 0; i < 3; ++i) {
      if (Behind().disk.unsynced() > 0) cluster_.SyncOne(kBehind);
    }
    if (!Behind().unwritten_chunks.empty()) cluster_.WriteChunk(kBehind);
    if (!cluster_.wire().empty()) cluster_.DeliverNear(0);
  }
  cluster_.Crash(kBehind);
  ASSERT_LT(Behind().disk.last_index(), last_);
  cluster_.Start(kBehind);
  EXPECT_EQ(Log(kBehind).first_index(), last_ + 1);
  EXPECT_EQ(Log(kBehind).commit_index(), last_);
  cluster_.SyncAll();
  cluster_.Crash(kBehind);
  EXPECT_EQ(Behind().disk.first_index(), last_ + 1);
  Return();
  cluster_.Settle();
  Advance(200);
  ExpectCaughtUp();
}

// A leader that counts on its peers must not take one for dead that is busy with a snapshot.
TEST_F(SnapshotTransferTest, PiecesAreProgressForCheckQuorum) {
  cluster_.Crash(kOther);
  Return();
  const Epoch epoch = cluster_.At(kLeader).core->epoch();
  // A piece each 400 ms, for longer than the leader's patience.
  for (int i = 0; i < 8; ++i) {
    for (int j = 0; j < 40; ++j) {
      cluster_.Advance(std::chrono::milliseconds(10));
      for (int k = 0; k < 4; ++k) {
        if (!cluster_.wire().empty()) cluster_.DeliverNear(0);
        for (const NodeId id : {kLeader, kBehind}) {
          while (cluster_.At(id).disk.unsynced() > 0) cluster_.SyncOne(id);
        }
      }
    }
    if (!Behind().unwritten_chunks.empty()) cluster_.WriteChunk(kBehind);
  }
  EXPECT_EQ(cluster_.FindLeader(), kLeader);
  EXPECT_EQ(cluster_.At(kLeader).core->epoch(), epoch);
}

TEST_F(SnapshotTransferTest, HeartbeatsAreAnsweredWhileAPieceIsBeingWritten) {
  Return();
  while (Behind().unwritten_chunks.empty()) {
    if (Behind().disk.unsynced() > 0) cluster_.SyncOne(kBehind);
    ASSERT_FALSE(cluster_.wire().empty());
    cluster_.DeliverNear(0);
  }
  cluster_.SetObserver({.on_effect = [this](NodeId id, const Effect& effect) {
    const auto* reply = std::get_if<effect::Reply>(&effect);
    if (id == kBehind && reply && std::holds_alternative<HeartbeatResponse>(reply->message)) {
      ++proposed_;
    }
  }});
  proposed_ = 0;
  for (int i = 0; i < 3; ++i) {
    cluster_.Advance(std::chrono::milliseconds(100));
    cluster_.Deliver(kLeader, kBehind);
  }
  EXPECT_EQ(proposed_, 3);
  EXPECT_THAT(Behind().unwritten_chunks, SizeIs(1)) << "and nothing else is begun meanwhile";
}

// Or a disk that is slower than the offers come would get ever more to do, and nothing be sent.
TEST(SnapshotTest, OnePieceIsReadAtATimeForAPeer) {
  const RaftOptions options = KeepEntries(0);
  LoneCore node(3, {1, 1, 1, 1}, options);
  node.BecomeLeader();
  node.Acknowledge(2);
  const auto pass = [&](Duration d) {
    for (const MonoTime end = node.now() + d; node.now() < end;) {
      node.Advance(options.heartbeat_interval);
      node.Receive(2, HeartbeatResponse{.epoch = node.core().epoch()});
      node.Acknowledge(2);
    }
  };
  pass(2 * options.check_quorum_timeout);  // 3 is not waited for any more
  node.Step(event::SnapshotSaved{MetaAt(node.core(), 4)});
  node.Step(event::StreamDown{.peer = NodeId(3), .stream = StreamClass::kAppend});
  node.Step(event::StreamUp{
      .peer = NodeId(3), .stream = StreamClass::kAppend, .key = LoneCore::KeyOf(3)});
  node.Reject(3);
  const auto want = [&node] {
    const SnapshotChunk offer = node.TakeSent<SnapshotChunk>(3).back();
    node.Receive(3, SnapshotChunkResponse{.epoch = node.core().epoch(),
                                          .sequence = offer.sequence,
                                          .id = offer.id,
                                          .state = Answer::kWanted});
    return node.TakeEffects<effect::ReadChunk>();
  };
  const auto reads = want();
  ASSERT_THAT(reads, SizeIs(1));
  pass(options.check_quorum_timeout * 3 / 4);  // it is offered anew
  EXPECT_THAT(want(), IsEmpty());
  node.Step(event::ChunkRead{.peer = reads[0].peer,
                             .epoch = reads[0].epoch,
                             .id = reads[0].id,
                             .piece = SnapshotPiece{.bytes = "abc", .total_bytes = 6}});
  EXPECT_EQ(node.TakeSent<SnapshotChunk>(3).back().bytes, "abc");
}

// --- What a follower makes of it

TEST(SnapshotTest, AChunkOfAnOldEpochIsRefused) {
  LoneCore node(3, {5});
  node.Receive(2, MakeChunk(MakeMeta(9, 3), 4));
  EXPECT_THAT(node.TakeEffects<effect::ReceiveChunk>(), IsEmpty());
  EXPECT_EQ(node.TakeReply<SnapshotChunkResponse>()->epoch, Epoch(5));
}

TEST(SnapshotTest, WhatTheLogHasIsNotReceived) {
  LoneCore node(3, {1, 1, 1});
  node.Receive(2, MakeChunk(MetaAt(node.core(), 3), 1));
  EXPECT_THAT(node.TakeEffects<effect::ReceiveChunk>(), IsEmpty());
  EXPECT_EQ(node.TakeReply<SnapshotChunkResponse>()->state, Answer::kInstalled);
}

TEST(SnapshotTest, OnePieceIsWrittenAtATime) {
  LoneCore node(3, {1});
  const SnapshotMeta meta = MakeMeta(9, 1);
  node.Receive(2, MakeChunk(meta, 1, 1));
  EXPECT_THAT(node.TakeEffects<effect::ReceiveChunk>(), SizeIs(1));
  EXPECT_FALSE(node.TakeReply<SnapshotChunkResponse>().has_value());
  node.Receive(2, MakeChunk(meta, 1, 2));
  EXPECT_THAT(node.TakeEffects<effect::ReceiveChunk>(), IsEmpty());
  EXPECT_EQ(node.TakeReply<SnapshotChunkResponse>()->state, Answer::kBusy);
  node.Step(event::ChunkReceived{
      .session = 7, .sequence = 1, .id = meta.id, .received = ReceivedSnapshot{.position = 3}});
  const auto answer = node.TakeReply<SnapshotChunkResponse>();
  EXPECT_EQ(answer->state, Answer::kWanted);
  EXPECT_EQ(answer->sequence, 1);
  EXPECT_EQ(answer->position, 3);
}

TEST(SnapshotTest, InstalledIsSaidOnceItIsDurable) {
  LoneCore node(3, {1, 1});
  const SnapshotMeta meta = MakeMeta(9, 3);
  node.Receive(2, MakeChunk(meta, 3));
  node.Sync();
  node.Step(event::ChunkReceived{
      .session = 7, .id = meta.id, .received = ReceivedSnapshot{.position = 3, .complete = meta}});
  EXPECT_THAT(node.TakeEffects<effect::LoadSnapshot>(), SizeIs(1));
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(9));
  EXPECT_EQ(node.core().log().durable_index(), LogIndex(0));
  EXPECT_FALSE(node.TakeReply<SnapshotChunkResponse>().has_value());
  node.Sync();
  EXPECT_EQ(node.TakeReply<SnapshotChunkResponse>()->state, Answer::kInstalled);
  EXPECT_EQ(node.core().log().durable_index(), LogIndex(9));
}

// The entries behind a snapshot's end that match are the leader's too (Raft §7).
TEST(SnapshotTest, ALogThatHasItsLastEntryKeepsWhatFollows) {
  LoneCore node(3, {1});
  const SnapshotMeta meta = SnapshotMeta::After(*node.MakeEntries(2, {1}).back(), LogIndex(0), {});
  node.Receive(2, MakeChunk(meta, 1));
  // Meanwhile the entries came as such.
  node.Receive(2, AppendRequest{.epoch = Epoch(1),
                                .sequence = 1,
                                .prev_index = LogIndex(1),
                                .prev_epoch = Epoch(1),
                                .entries = node.MakeEntries(2, {1, 1})});
  node.Step(event::ChunkReceived{
      .session = 7, .id = meta.id, .received = ReceivedSnapshot{.position = 3, .complete = meta}});
  EXPECT_EQ(node.core().log().last_index(), LogIndex(3));
  EXPECT_EQ(node.core().log().commit_index(), LogIndex(2));
  EXPECT_THAT(node.TakeEffects<effect::LoadSnapshot>(), IsEmpty());
}

// Raft §5.3: an append that overlaps what the snapshot holds brings what it does not.
TEST(SnapshotTest, AnAppendThatReachesBelowTheStartMatches) {
  LoneCore follower(3, {1, 1, 1, 1}, KeepEntries(0));
  follower.Receive(2, Heartbeat{.epoch = Epoch(1), .commit_index = LogIndex(4)});
  const std::vector<EntryPtr> tail = follower.MakeEntries(5, {1});
  follower.Step(event::SnapshotSaved{MetaAt(follower.core(), 4)});
  ASSERT_EQ(follower.core().log().first_index(), LogIndex(4));
  follower.Receive(2, AppendRequest{.epoch = Epoch(1),
                                    .sequence = 1,
                                    .prev_index = LogIndex(1),
                                    .prev_epoch = Epoch(1),
                                    .entries = {}});
  follower.Sync();
  const auto answer = follower.TakeReply<AppendResponse>();
  ASSERT_TRUE(answer.has_value());
  EXPECT_TRUE(answer->success);
  EXPECT_EQ(answer->match_index, LogIndex(1)) << "what was sent, and no more";
  EXPECT_FALSE(follower.core().stopped());
}

// Redpanda 65068aa37b: the epoch ran backwards when only a snapshot survived.
TEST(SnapshotTest, TheEpochIsAtLeastTheSnapshots) {
  RestoredLog restored{.hard_state = {.epoch = Epoch(2)},
                       .founding_voters = VoterSet(
                           {Voter{.key = LoneCore::KeyOf(1)}, Voter{.key = LoneCore::KeyOf(2)}}),
                       .snapshot = MakeMeta(9, 5)};
  RaftOptions options{.self = LoneCore::KeyOf(1), .configured_voters = {NodeId(1), NodeId(2)}};
  RaftCore core(options, restored, 1);
  const StepResult result = core.Step(MonoTime(std::chrono::hours(1)), 0, event::Start{});
  EXPECT_EQ(core.epoch(), Epoch(5));
  EXPECT_EQ(core.log().commit_index(), LogIndex(9));
  const auto* write = std::get_if<effect::Persist>(&result.effects.at(1));
  ASSERT_NE(write, nullptr);
  EXPECT_EQ(write->write.hard_state->epoch, Epoch(5));
  EXPECT_EQ(write->write.install_snapshot, MakeMeta(9, 5));
}

TEST(SnapshotTest, ALogWithoutItsSnapshotIsRefused) {
  RestoredLog restored{
      .first_index = LogIndex(10), .last_index = LogIndex(9), .start = MakeMeta(9, 5)};
  EXPECT_EQ(RaftCore::CheckSnapshot(restored).code(), absl::StatusCode::kDataLoss);
  restored.snapshot = MakeMeta(8, 5);
  EXPECT_THAT(std::string(RaftCore::CheckSnapshot(restored).message()),
              HasSubstr("the newest snapshot ends at offset 8"));
  restored.snapshot = MakeMeta(9, 4);
  EXPECT_FALSE(RaftCore::CheckSnapshot(restored).ok()) << "another one";
  restored.snapshot = MakeMeta(9, 5);
  EXPECT_TRUE(RaftCore::CheckSnapshot(restored).ok());
  restored.snapshot = MakeMeta(12, 5);
  EXPECT_TRUE(RaftCore::CheckSnapshot(restored).ok());
}

}  // namespace
}  // namespace quorate::raft
