// Tests of snapshot inspect with files that it is not permitted to read.
#include "cli/snapshot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "base/check.h"
#include "storage/testing/temp_dir.h"

namespace quorate::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

// Returns what `command` writes to standard error. Root may read all files, so a test that runs as
// root switches to the user `nobody`.
std::string ErrorsAsAnotherUser(std::vector<const char*> command) {
  command.insert(command.begin(), "quoratectl");
  constexpr uid_t kNobody = 65534;
  const bool is_root = geteuid() == 0;
  if (is_root) CHECK_EQ(seteuid(kNobody), 0);
  std::ostringstream out;
  std::ostringstream err;
  CommandLine line;
  AddAllCommands(line);
  EXPECT_EQ(line.Run(static_cast<int>(command.size()), command.data(), out, err),
            ExitCode::kRefused);
  if (is_root) CHECK_EQ(seteuid(0), 0);
  return err.str();
}

class UnreadableSnapshotTest : public ::testing::Test {
 protected:
  UnreadableSnapshotTest() {
    fs::permissions(parent_.path(), fs::perms(0755));
    fs::create_directories(directory_ / "snapshots");
    std::ofstream(file_) << "content";
  }
  // Restores the permissions, so that the directory can be removed.
  ~UnreadableSnapshotTest() override { fs::permissions(directory_, fs::perms(0755)); }

  void ExpectDenied(const fs::path& path) {
    EXPECT_THAT(ErrorsAsAnotherUser({"snapshot", "inspect", path.c_str()}),
                AllOf(HasSubstr(path), HasSubstr("Permission denied"),
                      HasSubstr("run this as the user that the controller runs as")));
  }

  storage::TempDir parent_;
  const fs::path directory_ = parent_.path() + "/data";
  const fs::path file_ = directory_ / "00000000000000001234-0000000007.snapshot";
};

TEST_F(UnreadableSnapshotTest, AFileThatMayNotBeReadIsNamed) {
  fs::permissions(file_, fs::perms::none);
  ExpectDenied(file_);
}

TEST_F(UnreadableSnapshotTest, AFileInADirectoryThatMayNotBeSearchedIsNamed) {
  fs::permissions(directory_, fs::perms::none);
  ExpectDenied(file_);
}

TEST_F(UnreadableSnapshotTest, ADirectoryThatMayBeListedAndNotSearchedIsNotCalledEmpty) {
  fs::permissions(directory_, fs::perms(0444));
  ExpectDenied(directory_);
  EXPECT_THAT(ErrorsAsAnotherUser({"log", "verify", "--data-dir", directory_.c_str()}),
              AllOf(HasSubstr(directory_), HasSubstr("Permission denied")));
}

TEST_F(UnreadableSnapshotTest, WhatDoesNotExistIsSaidToNotExist) {
  const fs::path missing = parent_.path() + "/missing";
  EXPECT_THAT(ErrorsAsAnotherUser({"snapshot", "inspect", missing.c_str()}),
              HasSubstr(missing.string() + " does not exist"));
}

}  // namespace
}  // namespace quorate::cli
