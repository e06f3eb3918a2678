// How opening reacts to a damaged disk: copies of a real data directory, each damaged in another
// way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "storage/controller_log.h"
#include "storage/file_io.h"
#include "storage/testing/log_builder.h"
#include "storage/testing/node.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// A log of five writes that was closed cleanly.
class DamagedLogTest : public ::testing::Test {
 protected:
  static constexpr int kWrites = 5;

  DamagedLogTest() {
    auto node = OpenNode(original_);
    CHECK_OK(node.status());
    for (int i = 0; i < kWrites; ++i) {
      wal_sizes_.push_back(fs::file_size(WalOf(original_)));
      CHECK_OK(WriteAndWait(*node->log->log(), {.entries = {builder_.Make(1, Payload(i))}}));
    }
    wal_sizes_.push_back(fs::file_size(WalOf(original_)));
  }

  // The last write is short, because the test cuts it at each of its bytes.
  static std::string Payload(int i) {
    return std::string(i == kWrites - 1 ? 1 : 100, static_cast<char>('a' + i));
  }

  // Returns RocksDB's current write-ahead log.
  static std::string WalOf(const std::string& path) {
    std::string newest;
    for (const auto& file : fs::directory_iterator(path + "/log")) {
      const std::string name = file.path().string();
      if (name.ends_with(".log")) newest = std::max(newest, name);
    }
    CHECK(!newest.empty());
    return newest;
  }

  // Returns a new copy of the log.
  std::string Copy() {
    const std::string path = dir_.path() + "/copy" + std::to_string(++copies_);
    fs::copy(original_, path, fs::copy_options::recursive);
    return path;
  }
  // Returns a copy whose write-ahead log ends early, at a length that the watermark of an earlier
  // time permits.
  std::string CopyCutTo(uintmax_t wal_size) {
    const std::string path = Copy();
    fs::resize_file(WalOf(path), wal_size);
    fs::remove(path + "/watermark");
    return path;
  }
  void FlipBit(const std::string& file, size_t bit) {
    std::string content = **ReadFile(file);
    content[bit / 8] = static_cast<char>(content[bit / 8] ^ (1 << (bit % 8)));
    std::ofstream(file, std::ios::binary) << content;
  }

  TempDir dir_;
  std::string original_ = dir_.path() + "/original";
  LogBuilder builder_;
  // The sizes of the write-ahead log before the first write, and after each.
  std::vector<uintmax_t> wal_sizes_;
  int copies_ = 0;
};

// A kill -9 or a power loss in the middle of the last write, which was not acknowledged and is not
// in the watermark. However much of it is there, the log is the one before it. So controllers that
// are cut off at different places have logs that agree.
TEST_F(DamagedLogTest, ALastWriteThatIsCutShortAtAnyByteIsDropped) {
  const uintmax_t last_start = wal_sizes_[kWrites - 1];
  std::vector<std::string> before;
  for (int i = 0; i < kWrites - 1; ++i) before.push_back(Payload(i));
  for (uintmax_t size = last_start; size < wal_sizes_[kWrites]; ++size) {
    SCOPED_TRACE(absl::StrFormat("%d bytes of the last write", size - last_start));
    const std::string path = CopyCutTo(size);
    auto node = OpenNode(path);
    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_EQ(node->log->DurableState().write_id, uint64_t{kWrites - 1});
    const auto payloads = ReadAll(*node->log);
    ASSERT_TRUE(payloads.ok()) << payloads.status();
    EXPECT_EQ(*payloads, before);
    *node = Node();
    fs::remove_all(path);
  }
}

TEST_F(DamagedLogTest, ALogWhoseLastWriteWasDroppedGoesOn) {
  const uintmax_t last_start = wal_sizes_[kWrites - 1];
  for (const uintmax_t rest : {uintmax_t{0}, uintmax_t{1}, uintmax_t{20}}) {
    const std::string path = CopyCutTo(last_start + rest);
    auto node = OpenNode(path);
    ASSERT_TRUE(node.ok()) << rest << " bytes of the last write: " << node.status();
    LogBuilder builder = builder_;
    builder.TruncateAfter(LogIndex(kWrites - 1));
    EXPECT_TRUE(WriteAndWait(*node->log->log(), {.entries = {builder.Make(2, "again")}}).ok());
    *node = Node();
    node = OpenNode(path);
    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_EQ(ReadAll(*node->log)->back(), "again");
  }
}

TEST_F(DamagedLogTest, AWriteThatTheWatermarkSawCannotBeCutShort) {
  for (int kept = 0; kept < kWrites; ++kept) {
    const std::string path = Copy();
    fs::resize_file(WalOf(path), wal_sizes_[static_cast<size_t>(kept)]);
    const absl::Status status = OpenNode(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr(path), HasSubstr(absl::StrFormat("ends with write %d", kept)),
                      HasSubstr("write 5 (epoch 0, last entry 5) was durable"),
                      HasSubstr("needs an empty data directory")));
  }
}

// Flips bits all over the write-ahead log, including those of the last, complete record.
TEST_F(DamagedLogTest, AFlippedBitIsNeverServed) {
  const std::string name = fs::path(WalOf(original_)).filename().string();
  const size_t bits = fs::file_size(WalOf(original_)) * 8;
  for (size_t bit = 3; bit < bits; bit += bits / 61) {
    const std::string path = Copy();
    FlipBit(path + "/log/" + name, bit);
    const absl::Status status = OpenNode(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << "bit " << bit << " of " << bits;
    EXPECT_THAT(std::string(status.message()), HasSubstr(path));
    fs::remove_all(path);
  }
}

// Without the watermark: RocksDB must not take damage for the end of the log.
TEST_F(DamagedLogTest, AWholeRecordWithABadChecksumIsALoss) {
  for (size_t i = 0; i < kWrites; ++i) {
    const std::string path = Copy();
    fs::remove(path + "/watermark");
    FlipBit(WalOf(path), (wal_sizes_[i] + wal_sizes_[i + 1]) / 2 * 8);
    EXPECT_EQ(OpenNode(path).status().code(), absl::StatusCode::kDataLoss) << "write " << i + 1;
  }
}

// Flips bits in table files, where only the damaged part is lost.
TEST_F(DamagedLogTest, AFlippedBitInATableIsNeverServed) {
  const std::string flushed = Copy();
  ASSERT_TRUE(OpenNode(flushed).ok());  // opening turns the write-ahead log into tables
  original_ = flushed;
  std::vector<std::string> tables;
  for (const auto& file : fs::directory_iterator(flushed + "/log")) {
    if (file.path().extension() == ".sst") tables.push_back(file.path().filename().string());
  }
  ASSERT_FALSE(tables.empty());
  const std::vector<std::string> whole = *ReadAll(*OpenNode(Copy())->log);
  int noticed = 0;
  for (const std::string& table : tables) {
    const size_t bits = fs::file_size(flushed + "/log/" + table) * 8;
    for (size_t bit = 5; bit < bits; bit += bits / 23) {
      const std::string path = Copy();
      FlipBit(path + "/log/" + table, bit);
      auto node = OpenNode(path);
      if (!node.ok()) {
        ++noticed;
        EXPECT_EQ(node.status().code(), absl::StatusCode::kDataLoss) << node.status();
        continue;
      }
      const auto payloads = ReadAll(*node->log);
      if (payloads.ok()) {
        EXPECT_EQ(*payloads, whole) << table << ", bit " << bit;
      } else {
        EXPECT_EQ(payloads.status().code(), absl::StatusCode::kDataLoss);
      }
    }
  }
  EXPECT_GT(noticed, 0);
}

TEST_F(DamagedLogTest, MissingFilesAreALoss) {
  const std::string wal = fs::path(WalOf(original_)).filename().string();
  for (const std::string& missing :
       {std::string("log"), "log/" + wal, std::string("log/CURRENT")}) {
    const std::string path = Copy();
    fs::remove_all(path + "/" + missing);
    EXPECT_EQ(OpenNode(path).status().code(), absl::StatusCode::kDataLoss) << missing;
  }
  // Even without the watermark, this is not taken for a first start.
  const std::string path = Copy();
  fs::remove_all(path + "/log");
  fs::remove(path + "/watermark");
  EXPECT_EQ(OpenNode(path).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamagedLogTest, AnOlderCopyOfTheLogIsALoss) {
  const std::string path = Copy();
  {
    auto node = OpenNode(path);
    ASSERT_TRUE(
        WriteAndWait(*node->log->log(), {.hard_state = raft::HardState{.epoch = Epoch(2)}}).ok());
  }
  fs::remove_all(path + "/log");
  fs::copy(original_ + "/log", path + "/log", fs::copy_options::recursive);
  EXPECT_EQ(OpenNode(path).status().code(), absl::StatusCode::kDataLoss);
}

TEST_F(DamagedLogTest, ADamagedWatermarkIsALoss) {
  const std::string path = Copy();
  FlipBit(path + "/watermark", 100);
  const absl::Status status = OpenNode(path).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(path + "/watermark"));
}
}  // namespace
}  // namespace quorate::storage
