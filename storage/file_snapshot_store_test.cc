#include "storage/file_snapshot_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"
#include "storage/memory_snapshot_files.h"
#include "storage/snapshot_names.h"
#include "storage/testing/snapshots.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;

// A node's files and the objects that use them. A restart keeps the files.
class Node {
 public:
  Node() { Restart(); }

  void Restart() {
    auto store = FileSnapshotStore::Open(&files_, &executor_);
    CHECK_OK(store.status());
    store_ = *std::move(store);
  }
  absl::StatusOr<raft::SnapshotPiece> Read(const raft::SnapshotId& id, int64_t position) {
    absl::StatusOr<raft::SnapshotPiece> result = absl::UnknownError("not called");
    store_->Read(id, position, [&](auto read) { result = std::move(read); });
    executor_.RunReady();
    return result;
  }
  absl::StatusOr<ContentChunk> ReadChunk(const raft::SnapshotId& id, FilePosition position) {
    absl::StatusOr<ContentChunk> result = absl::UnknownError("not called");
    store_->ReadChunk(id, position, [&](auto chunk) { result = std::move(chunk); });
    executor_.RunReady();
    return result;
  }
  absl::StatusOr<raft::ReceivedSnapshot> Receive(const raft::SnapshotId& id, int64_t position,
                                                 std::string bytes) {
    absl::StatusOr<raft::ReceivedSnapshot> result = absl::UnknownError("not called");
    store_->Receive(id, position, std::move(bytes), [&](auto got) { result = std::move(got); });
    executor_.RunReady();
    return result;
  }

  MemorySnapshotFiles& files() { return files_; }
  FileSnapshotStore& store() { return *store_; }

 private:
  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  MemorySnapshotFiles files_;
  std::unique_ptr<FileSnapshotStore> store_;
};

class FileSnapshotStoreTest : public ::testing::Test {
 protected:
  FileSnapshotStoreTest() {
    CHECK_OK(WriteSnapshot(sender_.files(), kMeta));
    sender_.Restart();
  }

  // Sends one piece after another, from the position that the receiver answers, until it is
  // complete or `pieces` were sent.
  raft::ReceivedSnapshot Transfer(int pieces = 100) {
    raft::ReceivedSnapshot received = *receiver_.Receive(kMeta.id, 0, "");
    for (int i = 0; i < pieces && !received.complete; ++i) {
      auto piece = sender_.Read(kMeta.id, received.position);
      CHECK_OK(piece.status());
      received = *receiver_.Receive(kMeta.id, received.position, std::move(piece->bytes));
    }
    return received;
  }

  const raft::SnapshotMeta kMeta = MakeMeta(500);
  Node sender_;
  Node receiver_;
};

TEST_F(FileSnapshotStoreTest, AWholeSnapshotTravels) {
  EXPECT_EQ(sender_.store().Newest(), kMeta);
  EXPECT_FALSE(receiver_.store().Newest().has_value());
  const raft::ReceivedSnapshot received = Transfer();
  EXPECT_EQ(received.complete, kMeta);
  EXPECT_EQ(receiver_.store().Newest(), kMeta);
  EXPECT_EQ(receiver_.store().metrics().received.value(), 1u);
  EXPECT_EQ(static_cast<int64_t>(receiver_.store().metrics().received_bytes.value()),
            *sender_.store().SizeOf(kMeta.id));
  receiver_.files().Crash();
  receiver_.Restart();
  EXPECT_EQ(receiver_.store().Newest(), kMeta);
  EXPECT_EQ(*ReadChunks(receiver_.files(), kMeta.id), TestChunks());
}

TEST_F(FileSnapshotStoreTest, APieceIsAFrameAndSaysHowLargeTheWholeIs) {
  const auto frames = Frames(sender_.files(), kMeta.id);
  const auto piece = sender_.Read(kMeta.id, std::ssize(frames[0]));
  EXPECT_EQ(piece->bytes, frames[1]);
  EXPECT_EQ(piece->total_bytes, *sender_.store().SizeOf(kMeta.id));
}

TEST_F(FileSnapshotStoreTest, ATransferGoesOnAfterRestartsOfBothSides) {
  const raft::ReceivedSnapshot before = Transfer(2);
  EXPECT_FALSE(before.complete.has_value());
  sender_.Restart();
  receiver_.Restart();
  EXPECT_EQ(receiver_.Receive(kMeta.id, 0, "")->position, before.position);
  EXPECT_EQ(Transfer().complete, kMeta);
}

TEST_F(FileSnapshotStoreTest, BytesForAnotherPlaceOrDamagedOnesChangeNothing) {
  const auto frames = Frames(sender_.files(), kMeta.id);
  ASSERT_EQ(receiver_.Receive(kMeta.id, 0, frames[0])->position, std::ssize(frames[0]));
  EXPECT_EQ(receiver_.Receive(kMeta.id, 0, frames[0])->position, std::ssize(frames[0]));
  EXPECT_EQ(receiver_.Receive(kMeta.id, 9999, frames[1])->position, std::ssize(frames[0]));
  EXPECT_EQ(receiver_.Receive(kMeta.id, std::ssize(frames[0]), "garbage")->position,
            std::ssize(frames[0]));
  EXPECT_EQ(receiver_.Receive(kMeta.id, std::ssize(frames[0]), frames[1].substr(1))->position,
            std::ssize(frames[0]));
  EXPECT_EQ(Transfer().complete, kMeta);
}

TEST_F(FileSnapshotStoreTest, WhatIsCompleteIsNotSentAgain) {
  Transfer();
  const raft::ReceivedSnapshot again = *receiver_.Receive(kMeta.id, 0, "");
  EXPECT_EQ(again.complete, kMeta);
}

TEST_F(FileSnapshotStoreTest, ANewerSnapshotReplacesOneThatCameInPart) {
  Transfer(2);
  const raft::SnapshotMeta newer = MakeMeta(600);
  EXPECT_EQ(receiver_.Receive(newer.id, 0, "")->position, 0);
  CHECK_OK(WriteSnapshot(sender_.files(), newer));
  int64_t position = 0;
  for (const std::string& frame : Frames(sender_.files(), newer.id)) {
    position = receiver_.Receive(newer.id, position, frame)->position;
  }
  EXPECT_EQ(receiver_.store().Newest(), newer);
  EXPECT_THAT(*receiver_.files().List(), ElementsAre(SnapshotName(newer.id)));
}

TEST_F(FileSnapshotStoreTest, AFullDiskWaitsForRoom) {
  receiver_.files().SetCapacity(2000);
  const raft::ReceivedSnapshot received = Transfer(10);
  EXPECT_FALSE(received.complete.has_value());
  receiver_.files().SetCapacity(std::nullopt);
  EXPECT_EQ(Transfer().complete, kMeta);
}

TEST_F(FileSnapshotStoreTest, AFailingDiskIsAnError) {
  receiver_.files().FailAfter(0);
  const auto frames = Frames(sender_.files(), kMeta.id);
  EXPECT_EQ(receiver_.Receive(kMeta.id, 0, frames[0]).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(FileSnapshotStoreTest, WhatCannotBeReadIsSaid) {
  const auto frames = Frames(sender_.files(), kMeta.id);
  EXPECT_EQ(sender_.Read(MakeMeta(501).id, 0).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(sender_.Read(kMeta.id, 1).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(sender_.Read(kMeta.id, int64_t{1} << 53).status().code(),
            absl::StatusCode::kOutOfRange);
  sender_.files().FlipBit(SnapshotName(kMeta.id), 8 * (frames[0].size() + 17));
  EXPECT_EQ(sender_.Read(kMeta.id, std::ssize(frames[0])).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(FileSnapshotStoreTest, AnOlderSnapshotIsNotTheNewest) {
  CHECK_OK(WriteSnapshot(sender_.files(), MakeMeta(400)));
  sender_.store().Add(MakeMeta(400));
  EXPECT_EQ(sender_.store().Newest(), kMeta);
  for (const int64_t end_offset : {600, 700}) {
    CHECK_OK(WriteSnapshot(sender_.files(), MakeMeta(end_offset)));
    sender_.store().Add(MakeMeta(end_offset));
  }
  EXPECT_EQ(sender_.store().Newest(), MakeMeta(700));
  EXPECT_EQ(ListSnapshots(sender_.files())->size(), 3u);
}

TEST_F(FileSnapshotStoreTest, TheChunksAreGivenInOrder) {
  std::vector<std::string> chunks;
  auto reader = sender_.store().OpenReader(kMeta.id);
  ASSERT_TRUE(reader.ok()) << reader.status();
  ASSERT_TRUE(reader
                  ->ForEachChunk([&](std::string_view chunk) {
                    chunks.emplace_back(chunk);
                    return absl::OkStatus();
                  })
                  .ok());
  EXPECT_EQ(chunks, TestChunks());
  EXPECT_EQ(std::ssize(Frames(sender_.files(), kMeta.id)), std::ssize(chunks) + 2);
}

TEST_F(FileSnapshotStoreTest, ChunksAreReadOneByOneFromAnyOfThemOn) {
  FilePosition at = 0;
  std::vector<std::string> chunks;
  for (bool is_last = false; !is_last;) {
    const auto chunk = sender_.ReadChunk(kMeta.id, at);
    ASSERT_TRUE(chunk.ok()) << chunk.status();
    EXPECT_EQ(chunk->id, kMeta.id);
    chunks.push_back(chunk->data);
    is_last = chunk->is_last;
    at = chunk->next_position;
  }
  EXPECT_EQ(chunks, TestChunks());
  EXPECT_EQ(sender_.ReadChunk(kMeta.id, at).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(sender_.ReadChunk(kMeta.id, 1).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(sender_.ReadChunk(MakeMeta(1).id, 0).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace quorate::storage
