#include "storage/snapshot_receiver.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"
#include "storage/memory_snapshot_files.h"
#include "storage/snapshot_names.h"
#include "storage/testing/snapshots.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const raft::SnapshotMeta kMeta = MakeMeta(500);

class SnapshotReceiverTest : public ::testing::Test {
 protected:
  SnapshotReceiverTest() {
    MemorySnapshotFiles sender;
    CHECK_OK(WriteSnapshot(sender, kMeta));
    frames_ = Frames(sender, kMeta.id);
  }

  SnapshotReceiver Open() {
    auto receiver = SnapshotReceiver::Open(&files_, kMeta.id);
    CHECK_OK(receiver.status());
    return *std::move(receiver);
  }
  // Sends what is missing, as a sender that asks for the position first.
  absl::Status SendFrom(SnapshotReceiver& receiver, size_t frames = 100) {
    FilePosition at = 0;
    for (const std::string& frame : frames_) {
      if (at == receiver.position() && frames-- > 0) RETURN_IF_ERROR(receiver.Add(at, frame));
      at += frame.size();
    }
    return absl::OkStatus();
  }
  void ExpectReceived() {
    EXPECT_EQ(*ReadChunks(files_, kMeta.id), TestChunks());
    EXPECT_THAT(*files_.List(), ElementsAre(SnapshotName(kMeta.id)));
  }

  std::vector<std::string> frames_;
  MemorySnapshotFiles files_;
};

TEST_F(SnapshotReceiverTest, ReceivesASnapshotThatSurvivesACrash) {
  SnapshotReceiver receiver = Open();
  ASSERT_TRUE(SendFrom(receiver).ok());
  ASSERT_TRUE(receiver.is_complete());
  EXPECT_THAT(*ListSnapshots(files_), IsEmpty());
  EXPECT_EQ(*receiver.Finish(), kMeta);
  files_.Crash();
  ExpectReceived();
}

TEST_F(SnapshotReceiverTest, RefusesGapsAndRepetitions) {
  SnapshotReceiver receiver = Open();
  EXPECT_EQ(receiver.Add(frames_[0].size(), frames_[1]).code(), absl::StatusCode::kOutOfRange);
  ASSERT_TRUE(receiver.Add(0, frames_[0]).ok());
  EXPECT_EQ(receiver.Add(0, frames_[0]).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(receiver.position(), frames_[0].size());
  ASSERT_TRUE(SendFrom(receiver).ok());
  ASSERT_TRUE(receiver.Finish().ok());
  ExpectReceived();
}

// LogCabin #174; NuRaft #590.
TEST_F(SnapshotReceiverTest, GoesOnAfterARestartWhereverItWas) {
  for (size_t sent = 0; sent <= frames_.size(); ++sent) {
    for (const size_t kept_bytes : {0, 10, 100, 1000, 100000}) {
      CHECK_OK(files_.Remove(SnapshotName(kMeta.id)));
      SnapshotReceiver first = Open();
      ASSERT_TRUE(SendFrom(first, sent).ok());
      files_.Crash(kept_bytes);
      SnapshotReceiver second = Open();
      ASSERT_LE(second.position(), first.position());
      ASSERT_LE(second.position(), kept_bytes);
      ASSERT_TRUE(SendFrom(second).ok());
      ASSERT_TRUE(second.Finish().ok());
      ExpectReceived();
    }
  }
}

TEST_F(SnapshotReceiverTest, ACrashBeforeAnyStepLosesNothingButTime) {
  for (size_t calls = 0; calls < 10; ++calls) {
    CHECK_OK(files_.Remove(SnapshotName(kMeta.id)));
    files_.FailAfter(calls);
    {
      SnapshotReceiver receiver = Open();
      if (SendFrom(receiver).ok()) (void)receiver.Finish();
    }
    files_.Crash(20);
    if (ListSnapshots(files_)->empty()) {
      SnapshotReceiver receiver = Open();
      ASSERT_TRUE(SendFrom(receiver).ok());
      ASSERT_TRUE(receiver.Finish().ok());
    }
    ExpectReceived();
  }
}

TEST_F(SnapshotReceiverTest, ADamagedFrameChangesNothing) {
  SnapshotReceiver receiver = Open();
  ASSERT_TRUE(receiver.Add(0, frames_[0]).ok());
  std::string damaged = frames_[1];
  damaged.back() ^= 1;
  EXPECT_EQ(receiver.Add(receiver.position(), damaged).code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(receiver.position(), frames_[0].size());
  ASSERT_TRUE(SendFrom(receiver).ok());
  ASSERT_TRUE(receiver.Finish().ok());
  ExpectReceived();
}

TEST_F(SnapshotReceiverTest, BitRotInWhatCameIsFoundAtTheNextStart) {
  {
    SnapshotReceiver receiver = Open();
    ASSERT_TRUE(SendFrom(receiver, 3).ok());
  }
  files_.FlipBit(ReceivingName(kMeta.id), 8 * (frames_[0].size() + frames_[1].size() + 20));
  SnapshotReceiver receiver = Open();
  EXPECT_EQ(receiver.position(), frames_[0].size() + frames_[1].size());
  ASSERT_TRUE(SendFrom(receiver).ok());
  ASSERT_TRUE(receiver.Finish().ok());
  ExpectReceived();
}

TEST_F(SnapshotReceiverTest, TwoSendersOfDifferentBytesAreFoundOut) {
  MemorySnapshotFiles other;
  CHECK_OK(WriteSnapshot(other, kMeta, {"FIRST", TestChunks()[1], TestChunks()[2]}));
  SnapshotReceiver receiver = Open();
  ASSERT_TRUE(SendFrom(receiver, 2).ok());
  frames_ = Frames(other, kMeta.id);
  const absl::Status status = SendFrom(receiver);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("hash of the file"));
  EXPECT_EQ(receiver.position(), 0u);
  // A transfer from only one of them succeeds.
  ASSERT_TRUE(SendFrom(receiver).ok());
  EXPECT_TRUE(receiver.Finish().ok());
}

TEST_F(SnapshotReceiverTest, AnotherSnapshotIsRefused) {
  MemorySnapshotFiles other;
  CHECK_OK(WriteSnapshot(other, MakeMeta(501)));
  SnapshotReceiver receiver = Open();
  const absl::Status status = receiver.Add(0, Frames(other, MakeMeta(501).id)[0]);
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(receiver.position(), 0u);
  EXPECT_THAT(*files_.List(), IsEmpty());
}

}  // namespace
}  // namespace quorate::storage
