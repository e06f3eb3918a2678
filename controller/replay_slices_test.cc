// Tests how a controller replays much that is committed: a snapshot on the worker, and many small
// entries in slices, so that its loop is never blocked.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/testing/controller_fixture.h"
#include "controller/testing/one_snapshot.h"
#include "metadata/state_hash.h"

namespace quorate::controller {
namespace {

// The most bytes of entries that one task may replay.
constexpr size_t kMostBytesPerTask = 32 << 10;

// A controller that joins a cluster with a log.
class ReplaySlicesTest : public ControllerFixture {
 protected:
  ReplaySlicesTest() : snapshots_(cluster_.ImageOf(1)) {
    snapshot_ = raft::SnapshotMeta::After(*cluster_.quorum().entries().back(), LogIndex(0),
                                          raft::VoterSet());
    const size_t before = cluster_.quorum().entries().size();
    for (int i = 0; i < 400; ++i) cluster_.Create(absl::StrFormat("topic-%0200d", i));
    const auto& entries = cluster_.quorum().entries();
    entries_.assign(entries.begin() + static_cast<std::ptrdiff_t>(before), entries.end());
  }
  ~ReplaySlicesTest() override {
    late_.Shutdown();
    executor_.RunReady();
  }

  size_t BytesBetween(RecordOffset begin, RecordOffset end) const {
    size_t bytes = 0;
    for (const raft::EntryPtr& entry : entries_) {
      if (entry->end_offset() > begin && entry->end_offset() <= end) {
        bytes += entry->encoded().size();
      }
    }
    return bytes;
  }
  // Runs the loop's tasks and returns the most bytes of entries that one of them has replayed.
  size_t RunAndMeasure() {
    size_t most = 0;
    for (bool ran = true; ran;) {
      const RecordOffset before = late_.applied_offset();
      ran = executor_.RunOne();
      most = std::max(most, BytesBetween(before, late_.applied_offset()));
    }
    return most;
  }
  void ExpectEqualState() {
    Pending<metadata::MetadataImage> image;
    late_.ReadImage(late_.applied_offset(), kNever, image.reply());
    executor_.RunReady();
    ASSERT_TRUE(image.ok());
    EXPECT_EQ(image.value().end_offset(), cluster_.ImageOf(1).end_offset());
    EXPECT_EQ(metadata::StateHash(image.value()), metadata::StateHash(cluster_.ImageOf(1)));
  }

  OneSnapshot snapshots_;
  raft::SnapshotMeta snapshot_;
  std::vector<raft::EntryPtr> entries_;
  ManualExecutor executor_{&cluster_.clock()};
  ManualExecutor worker_{&cluster_.clock()};
  FakeQuorum quorum_{&cluster_.clock()};
  QuorumController late_{{},
                         {.executor = &executor_,
                          .clock = &cluster_.clock(),
                          .log = quorum_.AddNode(NodeId(4)),
                          .prober = &cluster_.prober(),
                          .worker = &worker_,
                          .snapshots = &snapshots_}};
};

TEST_F(ReplaySlicesTest, ASnapshotIsLoadedOnTheWorkerAndTheLoopAnswersMeanwhile) {
  late_.OnSnapshot(snapshot_);
  executor_.RunReady();
  EXPECT_EQ(late_.applied_offset(), RecordOffset(0));
  Pending<admin::v1::DescribeClusterResponse> described;
  late_.DescribeCluster(described.reply());
  executor_.RunReady();
  ASSERT_TRUE(described.ok());
  EXPECT_EQ(described.value().brokers_size(), 0);

  worker_.RunReady();
  executor_.RunReady();
  EXPECT_EQ(late_.applied_offset(), snapshot_.id.end_offset);
  EXPECT_EQ(worker_.queued(), 1u) << "the image before it is freed on the worker";
}

TEST_F(ReplaySlicesTest, EntriesThatAreCommittedTogetherAreReplayedInSlices) {
  late_.OnSnapshot(snapshot_);
  executor_.RunReady();
  worker_.RunReady();
  executor_.RunReady();
  ASSERT_GT(BytesBetween(snapshot_.id.end_offset, entries_.back()->end_offset()),
            4 * kMostBytesPerTask);
  late_.OnCommitted(entries_);
  EXPECT_LE(RunAndMeasure(), kMostBytesPerTask);
  ExpectEqualState();
}

TEST_F(ReplaySlicesTest, EntriesThatArriveDuringALoadAreReplayedInSlices) {
  late_.OnSnapshot(snapshot_);
  for (const raft::EntryPtr& entry : entries_) late_.OnCommitted({entry});
  executor_.RunReady();
  EXPECT_EQ(late_.applied_offset(), RecordOffset(0));
  worker_.RunReady();
  EXPECT_LE(RunAndMeasure(), kMostBytesPerTask);
  ExpectEqualState();
}

}  // namespace
}  // namespace quorate::controller
