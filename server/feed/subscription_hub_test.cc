#include "server/feed/subscription_hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"
#include "quorate/metadata/v1/metadata_service.pb.h"
#include "server/grpc/subscribe_frame.h"
#include "server/testing/fake_replicated_log.h"
#include "storage/memory_snapshot_files.h"
#include "storage/snapshot_names.h"
#include "storage/testing/snapshots.h"

namespace quorate::server {
namespace {

using metadata::v1::SubscribeResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

SubscribeResponse Decode(const Frame& frame) {
  std::vector<grpc::Slice> slices;
  EXPECT_TRUE(static_cast<const SubscribeFrame&>(frame).bytes.Dump(&slices).ok());
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  EXPECT_EQ(bytes.size(), frame.size_bytes);
  SubscribeResponse response;
  EXPECT_TRUE(response.ParseFromString(bytes));
  return response;
}

class FakeStream final : public SubscriberStream {
 public:
  void Write(std::vector<FramePtr> frames) override {
    EXPECT_FALSE(writing) << "more than one Write in flight";
    writing = true;
    for (const FramePtr& frame : frames) {
      const SubscribeResponse response = Decode(*frame);
      switch (response.event_case()) {
        case SubscribeResponse::kBatch:
          batches.push_back(response.batch().base_offset());
          break;
        case SubscribeResponse::kProgress:
          progress.push_back(response.progress().high_watermark());
          last_leader = response.progress().leader_id();
          break;
        case SubscribeResponse::kReset:
          reset = response.reset().reason();
          break;
        case SubscribeResponse::kSnapshotChunk:
          chunks.push_back(response.snapshot_chunk());
          break;
        default:
          ADD_FAILURE() << response.ShortDebugString();
      }
      all.push_back(frame);
    }
  }
  uint64_t frames_sent() const override { return sent; }
  void Finish(std::optional<common::v1::Error> error) override {
    finished = true;
    end = std::move(error);
  }
  void Cut(common::v1::Error error) override {
    cut = true;
    Finish(std::move(error));
  }

  std::vector<int64_t> batches;
  std::vector<int64_t> progress;
  int32_t last_leader = -2;
  std::string reset;
  std::vector<metadata::v1::SnapshotChunk> chunks;
  std::vector<FramePtr> all;
  uint64_t sent = 0;
  bool writing = false;
  bool finished = false;
  bool cut = false;
  std::optional<common::v1::Error> end;
};

class SubscriptionHubTest : public testing::Test {
 protected:
  // The log begins with `snapshot` if there is one.
  explicit SubscriptionHubTest(const std::optional<raft::SnapshotMeta>& snapshot = std::nullopt)
      : store_(OpenStore(snapshot)) {
    SetLeader(1, NodeId(3));
  }

  std::unique_ptr<storage::FileSnapshotStore> OpenStore(
      const std::optional<raft::SnapshotMeta>& snapshot) {
    if (snapshot) CHECK_OK(storage::WriteSnapshot(files_, *snapshot));
    auto store = storage::FileSnapshotStore::Open(&files_, &executor_);
    CHECK_OK(store.status());
    return *std::move(store);
  }

  SubscriptionHub::Ports Ports() {
    return {.executor = &executor_,
            .clock = &clock_,
            .log = &log_,
            .leader = &leader_,
            .encoder = &encoder_,
            .snapshots = store_.get()};
  }

  void SetLeader(int32_t epoch, std::optional<NodeId> leader) {
    leader_.OnLeaderChange(Epoch(epoch), leader);
    hub_.OnLeaderChange(Epoch(epoch), leader);
    executor_.RunReady();
  }

  void Commit(std::vector<raft::EntryPtr> entries) {
    log_.entries.insert(log_.entries.end(), entries.begin(), entries.end());
    hub_.OnCommitted(entries);
    executor_.RunReady();
  }

  SubscriptionId Subscribe(FakeStream& stream, int32_t epoch, int64_t end_offset) {
    const SubscriptionId id = hub_.Subscribe(
        {.epoch = Epoch(epoch), .end_offset = RecordOffset(end_offset), .subscriber = "test"},
        &stream);
    executor_.RunReady();
    return id;
  }

  FeedStatus Describe() {
    FeedStatus status;
    hub_.Describe([&status](FeedStatus now) { status = now; });
    executor_.RunReady();
    return status;
  }

  // Completes the current Write and all that follow it.
  void Drain(SubscriptionId id, FakeStream& stream) {
    for (int i = 0; i < 1000 && stream.writing; ++i) {
      stream.writing = false;
      stream.sent = stream.all.size();
      hub_.OnWritten(id);
      executor_.RunReady();
    }
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  LeaderTracker leader_;
  FakeReplicatedLog log_;
  SubscribeFrameEncoder encoder_;
  storage::MemorySnapshotFiles files_;
  std::unique_ptr<storage::FileSnapshotStore> store_;
  SubscriptionHub hub_{{.cache_bytes = 400, .chunk_bytes = 100}, Ports()};
};

TEST_F(SubscriptionHubTest, AFrameIsTheEntryAsASubscribeResponse) {
  const raft::EntryPtr entry = MakeTestEntry(4, 7, 1000);
  const SubscribeResponse response = Decode(*encoder_.EncodeBatch(entry));
  EXPECT_EQ(response.batch().epoch(), 7);
  EXPECT_EQ(response.batch().base_offset(), 8);
  EXPECT_EQ(response.batch().record_count(), 2);
  EXPECT_EQ(response.batch().append_time_ms(), 1004);
  EXPECT_EQ(response.batch().records(), std::string(1000, 'x'));

  raft::EntryHeader barrier;
  barrier.type = raft::EntryType::kVoters;
  barrier.epoch = Epoch(1);
  barrier.index = LogIndex(1);
  const SubscribeResponse empty =
      Decode(*encoder_.EncodeBatch(raft::Entry::Make(barrier, "a voter set")));
  EXPECT_TRUE(empty.has_batch());
  EXPECT_EQ(empty.batch().records(), "");
}

TEST_F(SubscriptionHubTest, ANewSubscriberGetsEverythingAndThenHowFarTheLogIs) {
  Commit({MakeTestEntry(0), MakeTestEntry(1), MakeTestEntry(2)});
  FakeStream stream;
  const SubscriptionId id = Subscribe(stream, 0, 0);
  Drain(id, stream);
  EXPECT_THAT(stream.batches, ElementsAre(0, 2, 4));
  EXPECT_THAT(stream.progress, ElementsAre(6));
  EXPECT_EQ(stream.last_leader, 3);
  Commit({MakeTestEntry(3)});
  EXPECT_THAT(stream.batches, ElementsAre(0, 2, 4, 6));
}

TEST_F(SubscriptionHubTest, AllStreamsShareOneFrame) {
  FakeStream a;
  FakeStream b;
  Drain(Subscribe(a, 0, 0), a);
  Drain(Subscribe(b, 0, 0), b);
  Commit({MakeTestEntry(0)});
  EXPECT_EQ(a.all.back(), b.all.back());
}

TEST_F(SubscriptionHubTest, WhatTheCacheHasLostIsReadFromTheLog) {
  for (int i = 0; i < 100; ++i) Commit({MakeTestEntry(i)});
  FakeStream stream;
  const SubscriptionId id = Subscribe(stream, 0, 0);
  Drain(id, stream);
  ASSERT_THAT(stream.batches, SizeIs(100));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(stream.batches[static_cast<size_t>(i)], 2 * i);
  EXPECT_GT(log_.reads, 10) << "the log is read in chunks";
  EXPECT_THAT(stream.progress, ElementsAre(200));
}

TEST_F(SubscriptionHubTest, ASlowSubscriberHoldsOneChunkAndNobodyUp) {
  FakeStream slow;
  FakeStream fast;
  const SubscriptionId slow_id = Subscribe(slow, 0, 0);
  const SubscriptionId fast_id = Subscribe(fast, 0, 0);
  for (int i = 0; i < 100; ++i) {
    Commit({MakeTestEntry(i)});
    Drain(fast_id, fast);
  }
  EXPECT_THAT(fast.batches, SizeIs(100));
  EXPECT_THAT(slow.all, SizeIs(1)) << "the first Write is still in flight";
  const FeedStatus status = Describe();
  EXPECT_EQ(status.subscriptions, 2u);
  EXPECT_EQ(status.max_lag_offsets, 200);
  EXPECT_EQ(status.unsent_bytes, slow.all[0]->size_bytes);
  Drain(slow_id, slow);
  EXPECT_THAT(slow.batches, SizeIs(100));
  EXPECT_EQ(Describe().max_lag_offsets, 0);
  EXPECT_EQ(Describe().unsent_bytes, 0u);
  EXPECT_EQ(hub_.instruments().started.value(), 2u);
}

TEST_F(SubscriptionHubTest, AStalledSubscriberIsCutAndASlowOneIsNot) {
  FakeStream stalled;
  FakeStream slow;
  Subscribe(stalled, 0, 0);
  Subscribe(slow, 0, 0);
  for (int second = 0; second < 9; ++second) executor_.AdvanceBy(seconds(1));
  slow.sent += 1;
  EXPECT_FALSE(stalled.cut);
  executor_.AdvanceBy(seconds(2));
  EXPECT_TRUE(stalled.cut);
  EXPECT_EQ(stalled.end->code(), common::v1::RESOURCE_EXHAUSTED);
  EXPECT_FALSE(slow.cut);
  EXPECT_EQ(hub_.instruments().cut_off.value(), 1u);
  executor_.AdvanceBy(seconds(10));
  EXPECT_TRUE(slow.cut);
  EXPECT_EQ(Describe().subscriptions, 0u);
}

TEST_F(SubscriptionHubTest, ProgressComesEachSecondAndWithALeader) {
  FakeStream stream;
  const SubscriptionId id = Subscribe(stream, 0, 0);
  Drain(id, stream);
  ASSERT_THAT(stream.progress, SizeIs(1));
  executor_.AdvanceBy(seconds(1));
  ASSERT_THAT(stream.progress, SizeIs(2));
  Drain(id, stream);
  SetLeader(2, std::nullopt);
  ASSERT_THAT(stream.progress, SizeIs(3));
  EXPECT_EQ(stream.last_leader, -1);
  Drain(id, stream);
  SetLeader(2, NodeId(1));
  Drain(id, stream);
  EXPECT_EQ(stream.last_leader, 1);
  Commit({MakeTestEntry(0, 2)});
  Drain(id, stream);
  EXPECT_THAT(stream.progress, ElementsAre(0, 0, 0, 0, 2)) << "the first batch of an epoch";
  Commit({MakeTestEntry(1, 2)});
  Drain(id, stream);
  EXPECT_THAT(stream.progress, SizeIs(5));
}

TEST_F(SubscriptionHubTest, ResumesInTheCacheAndInTheLog) {
  for (int i = 0; i < 100; ++i) Commit({MakeTestEntry(i, 1 + i / 50)});
  FakeStream newest;
  Drain(Subscribe(newest, 2, 198), newest);
  EXPECT_THAT(newest.batches, ElementsAre(198));
  FakeStream older;
  Drain(Subscribe(older, 1, 20), older);
  ASSERT_THAT(older.batches, SizeIs(90));
  EXPECT_EQ(older.batches[0], 20);
  FakeStream complete;
  Drain(Subscribe(complete, 2, 200), complete);
  EXPECT_THAT(complete.batches, IsEmpty());
  EXPECT_THAT(complete.progress, ElementsAre(200));
}

TEST_F(SubscriptionHubTest, WhoHasAnotherHistoryIsReset) {
  for (int i = 0; i < 100; ++i) Commit({MakeTestEntry(i)});
  FakeStream wrong_epoch;
  Drain(Subscribe(wrong_epoch, 2, 200), wrong_epoch);
  EXPECT_THAT(wrong_epoch.reset, HasSubstr("is of epoch 1"));
  EXPECT_TRUE(wrong_epoch.finished);
  EXPECT_FALSE(wrong_epoch.end.has_value());
  EXPECT_THAT(wrong_epoch.batches, IsEmpty());
  FakeStream inside_a_batch;
  Drain(Subscribe(inside_a_batch, 1, 21), inside_a_batch);
  EXPECT_THAT(inside_a_batch.reset, HasSubstr("ends at 22"));
  EXPECT_TRUE(inside_a_batch.finished);
  EXPECT_EQ(hub_.instruments().resets.value(), 2u);
}

TEST_F(SubscriptionHubTest, WhoIsAheadWaitsUntilThisNodeHasWhatTheLeaderHad) {
  Commit({MakeTestEntry(0)});
  FakeStream stream;
  const SubscriptionId id = Subscribe(stream, 1, 4);
  ASSERT_THAT(log_.questions, SizeIs(1));
  std::move(log_.questions[0])(RecordOffset(6));
  executor_.RunReady();
  Commit({MakeTestEntry(1)});
  EXPECT_THAT(stream.all, IsEmpty()) << "the wait lasts until offset 6";
  Commit({MakeTestEntry(2)});
  Drain(id, stream);
  EXPECT_EQ(stream.reset, "");
  EXPECT_THAT(stream.batches, ElementsAre(4));
}

TEST_F(SubscriptionHubTest, WhoIsAheadOfTheLeaderIsReset) {
  Commit({MakeTestEntry(0)});
  FakeStream stream;
  const SubscriptionId id = Subscribe(stream, 1, 4);
  std::move(log_.questions[0])(absl::UnavailableError("no leader"));
  executor_.RunReady();
  EXPECT_THAT(stream.all, IsEmpty());
  executor_.AdvanceBy(milliseconds(100));
  ASSERT_THAT(log_.questions, SizeIs(2));
  std::move(log_.questions[1])(RecordOffset(2));
  executor_.RunReady();
  Drain(id, stream);
  EXPECT_EQ(stream.reset, "this log ends at offset 2, the subscriber's at 4");
  EXPECT_TRUE(stream.finished);
}

TEST_F(SubscriptionHubTest, APlaceThatIsNoneIsRefused) {
  for (const auto& [epoch, offset] : {std::pair(0, 5), {1, 0}, {1, -1}, {-1, 5}}) {
    FakeStream stream;
    Subscribe(stream, epoch, offset);
    ASSERT_TRUE(stream.end.has_value()) << epoch << " " << offset;
    EXPECT_EQ(stream.end->code(), common::v1::INVALID_REQUEST);
  }
}

TEST_F(SubscriptionHubTest, ABrokenStreamIsFinishedOnce) {
  FakeStream stream;
  const SubscriptionId id = Subscribe(stream, 0, 0);
  hub_.OnBroken(id);
  hub_.OnWritten(id);
  hub_.OnBroken(id);
  executor_.RunReady();
  EXPECT_TRUE(stream.finished);
  Commit({MakeTestEntry(0)});
  EXPECT_THAT(stream.batches, IsEmpty());
}

TEST_F(SubscriptionHubTest, ShutdownEndsAllStreamsAndThoseThatCome) {
  FakeStream a;
  Subscribe(a, 0, 0);
  hub_.Shutdown();
  executor_.RunReady();
  ASSERT_TRUE(a.end.has_value());
  EXPECT_EQ(a.end->code(), common::v1::CONTROLLER_NOT_AVAILABLE);
  FakeStream b;
  Subscribe(b, 0, 0);
  EXPECT_TRUE(b.end.has_value());
}

TEST_F(SubscriptionHubTest, ManySubscribersAreServedInSlices) {
  std::vector<std::unique_ptr<FakeStream>> streams;
  std::vector<SubscriptionId> ids;
  for (int i = 0; i < 300; ++i) {
    streams.push_back(std::make_unique<FakeStream>());
    ids.push_back(Subscribe(*streams.back(), 0, 0));
    Drain(ids.back(), *streams.back());
  }
  // Between the slices, another batch is committed and one subscriber goes away.
  log_.entries = {MakeTestEntry(0), MakeTestEntry(1)};
  hub_.OnCommitted({log_.entries[0]});
  hub_.OnCommitted({log_.entries[1]});
  hub_.OnBroken(ids[100]);
  executor_.RunReady();
  EXPECT_TRUE(streams[100]->finished);
  for (size_t i = 0; i < ids.size(); ++i) {
    if (i == 100) continue;
    Drain(ids[i], *streams[i]);
    EXPECT_THAT(streams[i]->batches, ElementsAre(0, 2)) << i;
  }
}

// A chunk is two entries of 2 records each. A subscriber that is more than 4 records behind needs
// the only slot.
class CatchUpTest : public SubscriptionHubTest {
 protected:
  CatchUpTest()
      : hub_of_one_({.cache_bytes = 400, .chunk_bytes = 100, .live_lag = 4, .catch_up_slots = 1},
                    Ports()) {
    for (int i = 0; i < 6; ++i) log_.entries.push_back(MakeTestEntry(i));
    hub_of_one_.OnCommitted(log_.entries);
    executor_.RunReady();
  }

  SubscriptionId Begin(FakeStream& stream, int64_t end_offset = 0) {
    const SubscriptionId id = hub_of_one_.Subscribe({.epoch = Epoch(end_offset > 0 ? 1 : 0),
                                                     .end_offset = RecordOffset(end_offset),
                                                     .subscriber = "test"},
                                                    &stream);
    executor_.RunReady();
    return id;
  }

  // Completes the current Write.
  void Take(SubscriptionId id, FakeStream& stream) {
    stream.writing = false;
    stream.sent = stream.all.size();
    hub_of_one_.OnWritten(id);
    executor_.RunReady();
  }

  SubscriptionHub hub_of_one_;
};

TEST_F(CatchUpTest, SubscribersThatAreFarBehindTakeTurns) {
  FakeStream one;
  FakeStream two;
  const SubscriptionId first = Begin(one);
  const SubscriptionId second = Begin(two);
  EXPECT_TRUE(one.writing);
  EXPECT_FALSE(two.writing);
  Take(first, one);
  EXPECT_FALSE(one.writing);
  EXPECT_TRUE(two.writing);
  const size_t had = one.batches.size();
  Take(second, two);
  EXPECT_GT(one.batches.size(), had);
  while (one.writing || two.writing) {
    if (one.writing) Take(first, one);
    if (two.writing) Take(second, two);
  }
  EXPECT_THAT(one.batches, ElementsAre(0, 2, 4, 6, 8, 10));
  EXPECT_EQ(two.batches, one.batches);
}

TEST_F(CatchUpTest, ASubscriberThatIsUpToDateWaitsForNobody) {
  FakeStream behind;
  Begin(behind);
  FakeStream live;
  Begin(live, 10);
  EXPECT_THAT(live.batches, ElementsAre(10));
}

TEST_F(CatchUpTest, OneThatTakesNothingLosesItsTurn) {
  FakeStream deaf;
  FakeStream waiting;
  Begin(deaf);
  Begin(waiting);
  executor_.AdvanceBy(seconds(1));
  EXPECT_TRUE(deaf.writing);
  EXPECT_FALSE(deaf.finished);
  EXPECT_TRUE(waiting.writing);
}

TEST_F(CatchUpTest, OneThatEndsGivesItsTurnAndItsPlaceInLine) {
  FakeStream one;
  FakeStream two;
  FakeStream three;
  const SubscriptionId first = Begin(one);
  const SubscriptionId second = Begin(two);
  Begin(three);
  hub_of_one_.OnBroken(second);
  hub_of_one_.OnBroken(first);
  executor_.RunReady();
  EXPECT_TRUE(two.finished);
  EXPECT_THAT(two.batches, IsEmpty());
  EXPECT_TRUE(three.writing);
}

// A log whose first entries, up to offset 6, are only in a snapshot.
class SubscriptionHubSnapshotTest : public SubscriptionHubTest {
 protected:
  SubscriptionHubSnapshotTest() : SubscriptionHubTest(storage::MakeMeta(6, 1)) {
    Commit({MakeTestEntry(3), MakeTestEntry(4)});
  }

  static std::vector<std::string> Data(const FakeStream& stream) {
    std::vector<std::string> data;
    for (const auto& chunk : stream.chunks) data.push_back(chunk.data());
    return data;
  }

  const raft::SnapshotMeta kMeta = storage::MakeMeta(6, 1);
};

TEST_F(SubscriptionHubSnapshotTest, WhoHasNothingGetsTheSnapshotThenBatches) {
  FakeStream stream;
  const SubscriptionId id = Subscribe(stream, 0, 0);
  ASSERT_THAT(stream.chunks, SizeIs(1)) << "more than one chunk at a time";
  Drain(id, stream);
  EXPECT_EQ(Data(stream), storage::TestChunks());
  for (size_t i = 0; i < stream.chunks.size(); ++i) {
    EXPECT_EQ(stream.chunks[i].epoch(), 1);
    EXPECT_EQ(stream.chunks[i].end_offset(), 6);
    EXPECT_EQ(stream.chunks[i].last(), i + 1 == stream.chunks.size());
  }
  EXPECT_THAT(stream.batches, ElementsAre(6, 8));
  EXPECT_EQ(stream.progress.back(), 10);
}

// The log continues from the snapshot of offset 6. The older one of offset 4 is of no use.
TEST_F(SubscriptionHubSnapshotTest, WhoAsksForTheHistoryGetsTheOldestSnapshotThatTheLogContinues) {
  CHECK_OK(storage::WriteSnapshot(files_, storage::MakeMeta(4, 1), {"oldest"}));
  const raft::SnapshotMeta newest = storage::MakeMeta(8, 1);
  CHECK_OK(storage::WriteSnapshot(files_, newest, {"newest"}));
  store_->Add(newest);
  FakeStream stream;
  const SubscriptionId id =
      hub_.Subscribe({.subscriber = "test", .from_oldest_snapshot = true}, &stream);
  executor_.RunReady();
  Drain(id, stream);
  EXPECT_EQ(Data(stream), storage::TestChunks());
  EXPECT_THAT(stream.batches, ElementsAre(6, 8));
}

TEST_F(SubscriptionHubSnapshotTest, WhoseLastBatchIsGoneGetsTheSnapshot) {
  FakeStream stream;
  Drain(Subscribe(stream, 1, 4), stream);
  EXPECT_EQ(Data(stream), storage::TestChunks());
  EXPECT_THAT(stream.batches, ElementsAre(6, 8));
  EXPECT_EQ(hub_.instruments().snapshots_begun.value(), 1u);
}

TEST_F(SubscriptionHubSnapshotTest, WhoHasWhatTheSnapshotHoldsGetsBatchesOnly) {
  FakeStream stream;
  Drain(Subscribe(stream, 1, 6), stream);
  EXPECT_THAT(stream.chunks, IsEmpty());
  EXPECT_THAT(stream.batches, ElementsAre(6, 8));
  FakeStream foreign;
  Drain(Subscribe(foreign, 2, 6), foreign);
  EXPECT_THAT(foreign.reset, HasSubstr("epoch 1"));
}

TEST_F(SubscriptionHubSnapshotTest, GoesOnWithWhatCameInPart) {
  FakeStream first;
  Subscribe(first, 0, 0);
  ASSERT_THAT(first.chunks, SizeIs(1));
  const auto position = static_cast<storage::FilePosition>(first.chunks[0].next_position());
  FakeStream stream;
  const SubscriptionId id = hub_.Subscribe(
      {.subscriber = "test", .part = SubscriptionStart::PartOfSnapshot{kMeta.id, position}},
      &stream);
  executor_.RunReady();
  Drain(id, stream);
  EXPECT_THAT(stream.chunks, SizeIs(storage::TestChunks().size() - 1));
  EXPECT_EQ(stream.chunks[0].position(), first.chunks[0].next_position());
  EXPECT_THAT(stream.batches, ElementsAre(6, 8));
}

TEST_F(SubscriptionHubSnapshotTest, APartThatThisControllerDoesNotHaveBeginsAnew) {
  FakeStream stream;
  const SubscriptionId id =
      hub_.Subscribe({.subscriber = "test",
                      .part = SubscriptionStart::PartOfSnapshot{storage::MakeMeta(4, 1).id, 100}},
                     &stream);
  executor_.RunReady();
  Drain(id, stream);
  EXPECT_EQ(Data(stream), storage::TestChunks());
}

TEST_F(SubscriptionHubSnapshotTest, ADamagedSnapshotEndsTheStream) {
  files_.FlipBit(storage::SnapshotName(kMeta.id), 2000);
  FakeStream stream;
  Drain(Subscribe(stream, 0, 0), stream);
  ASSERT_TRUE(stream.finished);
  EXPECT_EQ(stream.end->code(), common::v1::UNKNOWN_SERVER_ERROR);
}

TEST_F(SubscriptionHubSnapshotTest, ASnapshotThatVanishesIsFollowedByTheNewest) {
  FakeStream stream;
  const SubscriptionId id = Subscribe(stream, 0, 0);
  const raft::SnapshotMeta newer = storage::MakeMeta(8, 1);
  CHECK_OK(storage::WriteSnapshot(files_, newer, {"newer"}));
  store_->Add(newer);
  CHECK_OK(files_.Remove(storage::SnapshotName(kMeta.id)));
  log_.entries.erase(log_.entries.begin());
  Drain(id, stream);
  EXPECT_EQ(stream.chunks.back().end_offset(), 8);
  EXPECT_EQ(stream.chunks.back().data(), "newer");
  EXPECT_EQ(stream.batches.back(), 8);
}

}  // namespace
}  // namespace quorate::server
