#include "cli/archive_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace quorate::cli {
namespace {

class ArchiveFileTest : public ::testing::Test {
 protected:
  ~ArchiveFileTest() override { std::filesystem::remove(path_); }

  // Returns what a shell command prints.
  static std::string Shell(const std::string& command) {
    FILE* pipe = popen(command.c_str(), "r");
    std::string output;
    char buffer[256];
    while (fgets(buffer, sizeof(buffer), pipe) != nullptr) output += buffer;
    EXPECT_EQ(pclose(pipe), 0) << command;
    return output;
  }

  const std::string path_ =
      ::testing::TempDir() + "archive_file_test_" + std::to_string(getpid()) + ".tar.gz";
};

TEST_F(ArchiveFileTest, TarReadsIt) {
  auto archive = ArchiveFile::Create(path_, 1'796'000'000);
  ASSERT_TRUE(archive.ok()) << archive.status();
  ASSERT_TRUE(archive->Add("a/one.txt", "first\n").ok());
  ASSERT_TRUE(archive->Add("a/empty.txt", "").ok());
  ASSERT_TRUE(archive->Add("a/large.txt", std::string(1 << 20, 'x')).ok());
  ASSERT_TRUE(archive->Finish().ok());
  EXPECT_EQ(Shell("tar -tzf " + path_), "a/one.txt\na/empty.txt\na/large.txt\n");
  EXPECT_EQ(Shell("tar -xOzf " + path_ + " a/one.txt"), "first\n");
  EXPECT_EQ(Shell("tar -xOzf " + path_ + " a/large.txt | wc -c"), "1048576\n");
}

TEST_F(ArchiveFileTest, OnlyTheOwnerMayReadIt) {
  ASSERT_TRUE(ArchiveFile::Create(path_, 0)->Finish().ok());
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(ArchiveFileTest, AnExistingFileIsKept) {
  ASSERT_TRUE(ArchiveFile::Create(path_, 0)->Finish().ok());
  const auto second = ArchiveFile::Create(path_, 0);
  EXPECT_EQ(second.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_NE(second.status().message().find(path_), std::string::npos);
}

TEST_F(ArchiveFileTest, AFileThatCannotBeCreatedIsReported) {
  EXPECT_EQ(ArchiveFile::Create("/no/such/directory/x", 0).status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace quorate::cli
