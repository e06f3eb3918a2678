#include "audit/audit_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/check.h"
#include "storage/testing/temp_dir.h"

namespace quorate::audit {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class AuditFilesTest : public ::testing::Test {
 protected:
  AuditFileWriter Writer(int64_t max_file_bytes = 100, int64_t max_files = 3) const {
    return AuditFileWriter(
        {.directory = directory_, .max_file_bytes = max_file_bytes, .max_files = max_files});
  }

  std::vector<AuditFile> Files() const {
    auto files = ListAuditFiles(directory_);
    CHECK_OK(files.status());
    return *std::move(files);
  }

  // Returns what all files hold together.
  std::string Content() const {
    std::ostringstream content;
    for (const AuditFile& file : Files()) content << std::ifstream(file.path).rdbuf();
    return content.str();
  }

  storage::TempDir temp_;
  const std::string directory_ = temp_.path() + "/data/audit";
};

TEST_F(AuditFilesTest, ThereAreNoFilesBeforeTheFirstLine) { EXPECT_THAT(Files(), IsEmpty()); }

TEST_F(AuditFilesTest, LinesAreAppendedAcrossRestarts) {
  CHECK_OK(Writer().Append("one\n"));
  CHECK_OK(Writer().Append("two\nthree\n"));
  EXPECT_EQ(Content(), "one\ntwo\nthree\n");
  ASSERT_EQ(Files().size(), 1U);
  EXPECT_EQ(fs::path(Files()[0].path).filename(), "audit-00000000000000000000.jsonl");
}

TEST_F(AuditFilesTest, AFullFileIsFollowedByTheNextOne) {
  AuditFileWriter writer = Writer(10);
  for (const char* line : {"12345\n", "789\n", "next\n"}) CHECK_OK(writer.Append(line));
  const std::vector<AuditFile> files = Files();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].begin, 0);
  EXPECT_EQ(files[0].size, 10);
  EXPECT_EQ(files[1].begin, 10);
  EXPECT_EQ(files[1].end(), 15);
  EXPECT_EQ(Content(), "12345\n789\nnext\n");
}

TEST_F(AuditFilesTest, TheOldestFilesAreRemoved) {
  {
    AuditFileWriter writer = Writer(5);
    for (int i = 0; i < 9; ++i) CHECK_OK(writer.Append(std::to_string(i) + "234\n"));
    EXPECT_EQ(Content(), "6234\n7234\n8234\n");
  }
  CHECK_OK(Writer(5, 1).Append("9234\n"));
  EXPECT_EQ(Content(), "9234\n") << "a smaller number of files takes effect at the restart";
}

TEST_F(AuditFilesTest, ALineThatACrashCutShortIsRemoved) {
  CHECK_OK(Writer(1'000'000).Append("whole\n"));
  std::ofstream(Files()[0].path, std::ios::app) << std::string(10'000, 'x');
  CHECK_OK(Writer(1'000'000).Append("next\n"));
  EXPECT_EQ(Content(), "whole\nnext\n");
}

TEST_F(AuditFilesTest, AFileOfOneTornLineBecomesEmpty) {
  CHECK_OK(Writer().Append("x\n"));
  fs::resize_file(Files()[0].path, 1);
  CHECK_OK(Writer().Append("next\n"));
  EXPECT_EQ(Content(), "next\n");
}

TEST_F(AuditFilesTest, FilesOfOtherNamesAreLeftAlone) {
  CHECK_OK(Writer().Append("x\n"));
  for (const char* name : {"notes.txt", "audit-1.jsonl", "audit-0000000000000000000x.jsonl"}) {
    std::ofstream(directory_ + "/" + name) << "mine";
  }
  EXPECT_EQ(Files().size(), 1U);
  CHECK_OK(Writer(1, 1).Append("y\n"));
  EXPECT_EQ(Content(), "y\n");
  EXPECT_TRUE(fs::exists(directory_ + "/notes.txt"));
}

TEST_F(AuditFilesTest, AWriterWorksAgainOnceTheDirectoryIsUsable) {
  fs::create_directories(temp_.path() + "/data");
  std::ofstream(directory_) << "a file in place of the directory";
  AuditFileWriter writer = Writer();
  const absl::Status status = writer.Append("lost\n");
  EXPECT_THAT(std::string(status.message()), HasSubstr("cannot create " + directory_));
  fs::remove(directory_);
  CHECK_OK(writer.Append("kept\n"));
  EXPECT_EQ(Content(), "kept\n");
}

}  // namespace
}  // namespace quorate::audit
