// A stopped controller's log, as the tools read it.
#include "storage/offline_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "storage/key_layout.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/node.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class OfflineLogTest : public ::testing::Test {
 protected:
  // Five entries in a log that was closed cleanly.
  OfflineLogTest() {
    auto node = OpenNode(path_);
    CHECK_OK(node.status());
    for (const char* payload : {"a", "b", "c", "d", "e"}) {
      CHECK_OK(WriteAndWait(*node->log->log(), {.entries = {builder_.Make(1, payload)}}));
    }
  }

  // Returns what Scan visited.
  std::vector<std::string> Visited(int64_t from, int64_t to, absl::Status* status = nullptr) {
    std::vector<std::string> payloads;
    auto log = OfflineLog::Open(path_);
    CHECK_OK(log.status());
    const absl::Status end =
        (*log)->Scan(LogIndex(from), LogIndex(to),
                     [&](const raft::Entry& entry) { payloads.emplace_back(entry.payload()); });
    if (status != nullptr) *status = end;
    return payloads;
  }

  // Overwrites a value so that RocksDB's own checksums still match, as a bug of ours or a faulty
  // memory chip would.
  void Overwrite(int64_t index, const std::string& frame) {
    auto kv = RocksDbKv::Open({.path = path_ + "/log"});
    CHECK_OK(kv.status());
    CHECK_OK(
        (*kv)->WriteBatch(99, {{KvFamily::kLog, LogKey(LogIndex(index)), frame}}, /*sync=*/true));
  }

  absl::Status Verified() {
    auto log = OfflineLog::Open(path_);
    return log.ok() ? (*log)->Verify().status() : log.status();
  }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/node";
  LogBuilder builder_;
};

TEST_F(OfflineLogTest, ReadsWhatIsAskedForAndChangesNothing) {
  std::map<std::string, fs::file_time_type> before;
  for (const auto& file : fs::recursive_directory_iterator(path_)) {
    if (file.path().filename() != "LOCK") before[file.path()] = file.last_write_time();
  }
  EXPECT_THAT(Visited(1, 5), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(Visited(2, 3), ElementsAre("b", "c"));
  EXPECT_THAT(Visited(-7, 1), ElementsAre("a"));
  EXPECT_THAT(Visited(5, 100), ElementsAre("e"));
  EXPECT_THAT(Visited(6, 100), ElementsAre());
  EXPECT_TRUE(Verified().ok()) << Verified();
  std::map<std::string, fs::file_time_type> after;
  for (const auto& file : fs::recursive_directory_iterator(path_)) {
    if (file.path().filename() != "LOCK") after[file.path()] = file.last_write_time();
  }
  EXPECT_EQ(before, after);
}

TEST_F(OfflineLogTest, NamesTheFirstBadEntryAndGivesWhatIsBeforeIt) {
  std::string frame = builder_.entries()[2]->encoded();
  frame.back() ^= 1;
  Overwrite(3, frame);
  absl::Status status;
  EXPECT_THAT(Visited(1, 5, &status), ElementsAre("a", "b"));
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr("log entry 3: "));
  EXPECT_THAT(Visited(4, 5), ElementsAre("d", "e"));
  EXPECT_THAT(std::string(Verified().message()),
              AllOf(HasSubstr("log entry 3: "), HasSubstr("put them back")));
}

TEST_F(OfflineLogTest, NamesTheEntryWhereTheChainBreaks) {
  LogBuilder other;
  for (const char* payload : {"a", "b", "other"}) other.Make(1, payload);
  Overwrite(3, other.entries()[2]->encoded());
  absl::Status status;
  EXPECT_THAT(Visited(1, 5, &status), ElementsAre("a", "b", "other"));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("log entry 4: was appended after an entry with checksum"));
}

TEST_F(OfflineLogTest, MissesWhatTheWatermarkKnows) {
  const fs::path older = dir_.path() + "/older";
  fs::copy(path_, older, fs::copy_options::recursive);
  {
    auto node = OpenNode(path_);
    ASSERT_TRUE(WriteAndWait(*node->log->log(), {.entries = {builder_.Make(1, "f")}}).ok());
  }
  fs::remove_all(path_ + "/log");
  fs::copy(older / "log", path_ + "/log", fs::copy_options::recursive);
  EXPECT_THAT(std::string(Verified().message()),
              HasSubstr("ends with write 5 (epoch 0, last entry 5), but write 6"));
}

TEST_F(OfflineLogTest, IsRefusedWhereSomebodyElseWrites) {
  const auto node = OpenNode(path_);
  ASSERT_TRUE(node.ok());
  const absl::Status status = OfflineLog::Open(path_).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("is in use by another process"));
}

TEST_F(OfflineLogTest, IsRefusedWhereThereIsNoLogOfAController) {
  EXPECT_THAT(std::string(OfflineLog::Open(dir_.path()).status().message()),
              HasSubstr("is not a data directory: it has no identity.properties"));
  Rng rng(1);
  const std::string broker = dir_.path() + "/broker";
  ASSERT_TRUE(DataDirectory::Open(
                  broker, {.role = Role::kBroker, .cluster_id = "cluster", .node_id = 1}, rng)
                  .ok());
  EXPECT_THAT(std::string(OfflineLog::Open(broker).status().message()),
              HasSubstr("holds no controller's log"));
}

}  // namespace
}  // namespace quorate::storage
