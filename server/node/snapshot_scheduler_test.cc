#include "server/node/snapshot_scheduler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing/manual_executor.h"
#include "metadata/record_builders.h"
#include "metadata/state_hash.h"
#include "metadata/testing/test_log.h"
#include "server/testing/fake_replicated_log.h"
#include "storage/memory_snapshot_files.h"
#include "storage/snapshot_names.h"
#include "storage/snapshot_reader.h"

namespace quorate::server {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// The scheduler of one controller, on a log that the test writes. The image of the controller may
// be ahead of the log that the scheduler has seen.
class Fixture {
 public:
  explicit Fixture(NodeId self, int64_t min_log_bytes = 2000) {
    auto store = storage::FileSnapshotStore::Open(&files_, &executor_);
    CHECK_OK(store.status());
    store_ = *std::move(store);
    writer_.emplace(storage::BackgroundSnapshotWriter::Options{}, store_.get(), &files_, &executor_,
                    &clock_);
    snapshot_scheduler_.emplace(
        SnapshotScheduler::Options{.self = self, .min_log_bytes = min_log_bytes},
        SnapshotScheduler::Ports{.executor = &executor_,
                                 .clock = &clock_,
                                 .log = &log_,
                                 .store = store_.get(),
                                 .writer = &*writer_},
        [this](RecordOffset end_offset, auto done) {
          asked.push_back(end_offset.value());
          if (!answers) return std::move(done)(std::nullopt);
          std::move(done)(image.image());
        });
  }

  // Appends an entry with records or a voter set, and delivers it to the scheduler.
  void Append(const std::vector<metadata::v1::Record>& records) { See({Make(records)}); }
  void AppendVoters(const raft::VoterSet& voters) {
    image.MustAppend({metadata::MakeNoOpRecord()});
    raft::EntryHeader header = NextHeader();
    header.type = raft::EntryType::kVoters;
    See({Encode(header, voters.Encode())});
  }
  // Appends an entry of about `bytes`.
  void AppendBytes(size_t bytes) {
    Append({metadata::MakeConfigRecord(metadata::ConfigResourceType::kBroker, "1",
                                       "k" + std::to_string(++keys_), std::string(bytes, 'v'))});
  }
  raft::EntryPtr Make(const std::vector<metadata::v1::Record>& records) {
    image.MustAppend(records);
    metadata::v1::RecordBatch batch;
    for (const metadata::v1::Record& record : records) *batch.add_records() = record;
    return Encode(NextHeader(), batch.SerializeAsString());
  }
  void See(const std::vector<raft::EntryPtr>& entries) {
    snapshot_scheduler_->OnCommitted(entries);
    executor_.RunReady();
    executor_.AdvanceBy(std::chrono::seconds(1));
  }

  // The snapshots that were written, oldest first.
  std::vector<raft::SnapshotMeta> written() const {
    std::vector<raft::SnapshotMeta> metas;
    const auto ids = storage::ListSnapshots(files_);
    CHECK_OK(ids.status());
    for (const raft::SnapshotId& id : *ids) {
      auto reader = storage::SnapshotReader::Open(&files_, id);
      CHECK_OK(reader.status());
      CHECK_OK(storage::Verify(*reader));
      metas.push_back(reader->meta());
    }
    return metas;
  }
  // The snapshots that the log was notified of, oldest first.
  const std::vector<raft::SnapshotMeta>& told() const { return log_.saved; }
  SnapshotScheduler& scheduler() { return *snapshot_scheduler_; }
  storage::MemorySnapshotFiles& files() { return files_; }
  storage::FileSnapshotStore& store() { return *store_; }
  ManualExecutor& executor() { return executor_; }

  // The controller's image.
  metadata::TestLog image;
  bool answers = true;
  std::vector<int64_t> asked;
  raft::EntryPtr last;

 private:
  raft::EntryHeader NextHeader() const {
    raft::EntryHeader header;
    header.epoch = image.image().last_epoch();
    header.index = last == nullptr ? LogIndex(1) : last->index() + 1;
    header.base_offset = last == nullptr ? RecordOffset(0) : last->end_offset();
    header.record_count = static_cast<int32_t>(image.end_offset() - header.base_offset.value());
    header.append_time_ms = image.image().last_append_time_ms();
    header.prev_checksum = last == nullptr ? 0 : last->checksum();
    return header;
  }
  raft::EntryPtr Encode(const raft::EntryHeader& header, std::string_view payload) {
    last = raft::Entry::Make(header, payload);
    return last;
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  storage::MemorySnapshotFiles files_;
  std::unique_ptr<storage::FileSnapshotStore> store_;
  std::optional<storage::BackgroundSnapshotWriter> writer_;
  FakeReplicatedLog log_;
  std::optional<SnapshotScheduler> snapshot_scheduler_;
  int keys_ = 0;
};

const Uuid kDirectory = *Uuid::FromBytes("0123456789abcdef");

raft::VoterSet Voters(std::vector<int32_t> nodes) {
  std::vector<raft::Voter> voters;
  for (const int32_t node : nodes) {
    voters.push_back({.key = {.node_id = NodeId(node), .directory_id = kDirectory}});
  }
  return raft::VoterSet(std::move(voters));
}

TEST(SnapshotSchedulerTest, WritesOneWhenTheLogHasGrownByEnough) {
  Fixture node(NodeId(1));
  node.Append({metadata::MakeMetadataVersionRecord(1)});
  node.AppendVoters(Voters({1}));
  node.AppendBytes(1000);
  EXPECT_THAT(node.written(), IsEmpty());
  node.AppendBytes(1000);
  ASSERT_THAT(node.written(), SizeIs(1));
  EXPECT_EQ(node.written()[0], raft::SnapshotMeta::After(*node.last, LogIndex(2), Voters({1})));
  EXPECT_EQ(node.store().Newest(), node.written()[0]);
  const auto loaded = node.scheduler().Load(node.written()[0].id);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->end_offset(), node.image.image().end_offset());
  EXPECT_EQ(metadata::StateHash(*loaded), metadata::StateHash(node.image.image()));
}

TEST(SnapshotSchedulerTest, TheNextOneWaitsForFourTimesTheLastOnesSize) {
  Fixture node(NodeId(1), /*min_log_bytes=*/100);
  node.Append({metadata::MakeMetadataVersionRecord(1)});
  node.AppendBytes(1000);
  ASSERT_THAT(node.written(), SizeIs(1));
  // The first snapshot has about 1,200 bytes.
  for (int i = 0; i < 4; ++i) node.AppendBytes(1000);
  EXPECT_THAT(node.written(), SizeIs(1));
  node.AppendBytes(1000);
  EXPECT_THAT(node.written(), SizeIs(2));
}

// The log then still continues the older snapshot if the newest one is damaged.
TEST(SnapshotSchedulerTest, TheLogIsToldOfOneOnceThereIsANewer) {
  Fixture node(NodeId(1), /*min_log_bytes=*/100);
  node.Append({metadata::MakeMetadataVersionRecord(1)});
  node.AppendBytes(1000);
  ASSERT_THAT(node.written(), SizeIs(1));
  EXPECT_THAT(node.told(), IsEmpty());
  for (int i = 0; i < 5; ++i) node.AppendBytes(1000);
  ASSERT_THAT(node.written(), SizeIs(2));
  EXPECT_EQ(node.told(), std::vector{node.written()[0]});
}

TEST(SnapshotSchedulerTest, ControllersTakeTurns) {
  std::vector<size_t> first;
  for (const int32_t self : {1, 2, 3}) {
    Fixture node(NodeId(self), /*min_log_bytes=*/6000);
    node.Append({metadata::MakeMetadataVersionRecord(1)});
    node.AppendVoters(Voters({1, 2, 3}));
    size_t entries = 0;
    while (node.written().empty()) {
      node.AppendBytes(400);
      ++entries;
      ASSERT_LT(entries, 100u);
    }
    first.push_back(entries);
  }
  EXPECT_LT(first[0], first[1]);
  EXPECT_LT(first[1], first[2]);
}

TEST(SnapshotSchedulerTest, AControllerThatIsAheadGivesALaterImage) {
  Fixture node(NodeId(1));
  node.Append({metadata::MakeMetadataVersionRecord(1)});
  const std::string value(3000, 'v');
  const auto config = [&](const char* key) {
    return metadata::MakeConfigRecord(metadata::ConfigResourceType::kBroker, "1", key, value);
  };
  // The controller has applied both entries; the scheduler is notified of the second one later.
  const raft::EntryPtr a = node.Make({config("a")});
  const raft::EntryPtr b = node.Make({config("b")});
  node.See({a});
  EXPECT_EQ(node.asked, std::vector<int64_t>{a->end_offset().value()});
  EXPECT_THAT(node.written(), IsEmpty());
  node.See({b});
  ASSERT_THAT(node.written(), SizeIs(1));
  EXPECT_EQ(node.written()[0], raft::SnapshotMeta::After(*b, LogIndex(0), {}));
}

TEST(SnapshotSchedulerTest, BeginsToCountAtTheSnapshotThatTheNodeBeganWith) {
  Fixture other(NodeId(1));
  other.Append({metadata::MakeMetadataVersionRecord(1)});
  other.AppendVoters(Voters({1}));
  other.AppendBytes(3000);
  ASSERT_THAT(other.written(), SizeIs(1));

  Fixture node(NodeId(1));
  node.image = other.image;
  node.last = other.last;
  node.scheduler().OnSnapshot(other.written()[0]);
  node.AppendBytes(1000);
  EXPECT_THAT(node.written(), IsEmpty());
  node.AppendBytes(1000);
  ASSERT_THAT(node.written(), SizeIs(1));
  EXPECT_EQ(node.written()[0], raft::SnapshotMeta::After(*node.last, LogIndex(2), Voters({1})));
  // A newer snapshot than the one that the node started with is durable now.
  EXPECT_EQ(node.told(), other.written());
}

TEST(SnapshotSchedulerTest, TriesAgainAfterAPauseWhenThereWasNoImageOrNoRoom) {
  Fixture node(NodeId(1));
  node.answers = false;
  node.Append({metadata::MakeMetadataVersionRecord(1)});
  node.AppendBytes(3000);
  EXPECT_THAT(node.asked, SizeIs(1));
  node.AppendBytes(10);
  EXPECT_THAT(node.asked, SizeIs(1));
  node.answers = true;
  node.files().SetCapacity(1000);
  node.executor().AdvanceBy(std::chrono::minutes(1));
  node.AppendBytes(10);
  EXPECT_THAT(node.asked, SizeIs(2));
  EXPECT_THAT(node.written(), IsEmpty());
  EXPECT_THAT(*node.files().List(), IsEmpty());
  node.files().SetCapacity(std::nullopt);
  node.executor().AdvanceBy(std::chrono::minutes(1));
  node.AppendBytes(10);
  EXPECT_THAT(node.written(), SizeIs(1));
}

TEST(SnapshotSchedulerTest, TwoControllersWriteTheSameBytes) {
  const auto bytes = [](NodeId self) {
    Fixture node(self);
    node.Append({metadata::MakeMetadataVersionRecord(1)});
    node.AppendBytes(3000);
    return *node.files().Read(storage::SnapshotName(node.written().at(0).id), 0, 1 << 20);
  };
  EXPECT_EQ(bytes(NodeId(1)), bytes(NodeId(2)));
}

}  // namespace
}  // namespace quorate::server
