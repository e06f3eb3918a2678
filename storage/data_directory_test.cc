#include "storage/data_directory.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr char kClusterId[] = "q1Sh-9_ISia_zwGINzRvyQ";

class DataDirectoryTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<DataDirectory>> Open(const DirectoryOwner& owner) {
    return DataDirectory::Open(path_, owner, rng_);
  }
  absl::StatusOr<std::unique_ptr<DataDirectory>> Open() { return Open(owner_); }
  std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

  std::string IdentityPath() const { return path_ + "/identity.properties"; }
  std::string ReadIdentity() const {
    std::stringstream content;
    content << std::ifstream(IdentityPath()).rdbuf();
    return content.str();
  }
  void WriteIdentity(const std::string& content) { std::ofstream(IdentityPath()) << content; }

  TempDir parent_;
  std::string path_ = parent_.path() + "/a/b";
  Rng rng_{7};
  DirectoryOwner owner_{.role = Role::kController, .cluster_id = kClusterId, .node_id = 1};
};

TEST_F(DataDirectoryTest, FirstStartMakesAnIdentityThatStays) {
  auto directory = Open();
  ASSERT_TRUE(directory.ok()) << directory.status();
  const Uuid id = (*directory)->directory_id();
  EXPECT_FALSE(id.is_zero());
  EXPECT_FALSE((*directory)->is_formatted());
  ASSERT_TRUE((*directory)->MarkFormatted().ok());
  EXPECT_TRUE((*directory)->is_formatted());

  directory->reset();
  directory = Open();
  ASSERT_TRUE(directory.ok()) << directory.status();
  EXPECT_EQ((*directory)->directory_id(), id);
  EXPECT_TRUE((*directory)->is_formatted());
}

TEST_F(DataDirectoryTest, TwoDirectoriesHaveTwoIds) {
  auto first = Open();
  path_ = parent_.path() + "/other";
  auto second = Open();
  EXPECT_NE((*first)->directory_id(), (*second)->directory_id());
}

// This text is on disk permanently: never adjust it to make this pass.
TEST_F(DataDirectoryTest, IdentityHasTheGoldenText) {
  auto directory = Open();
  ASSERT_TRUE((*directory)->MarkFormatted().ok());
  EXPECT_EQ(ReadIdentity(),
            "# Whose data this is. Made at the first start; not to be edited or copied.\n"
            "format.version=1\n"
            "cluster.id=q1Sh-9_ISia_zwGINzRvyQ\n"
            "role=controller\n"
            "node.id=1\n"
            "directory.id=p9lm6zFlT8GiwTR6VGcF8w\n"
            "formatted=true\n"
            "checksum=cf85e18402aedbe1\n");
}

TEST_F(DataDirectoryTest, OneProcessAtATime) {
  auto directory = Open();
  const absl::Status status = Open().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(status),
              AllOf(HasSubstr(path_), HasSubstr("in use by another process"),
                    HasSubstr("(pid " + std::to_string(getpid()) + ")"), HasSubstr("stop that")));
  directory->reset();
  EXPECT_TRUE(Open().ok());
}

TEST_F(DataDirectoryTest, RefusesAnotherOwner) {
  ASSERT_TRUE(Open().ok());
  const std::string before = ReadIdentity();
  for (const DirectoryOwner& other :
       {DirectoryOwner{.role = Role::kController, .cluster_id = "other", .node_id = 1},
        DirectoryOwner{.role = Role::kController, .cluster_id = kClusterId, .node_id = 2},
        DirectoryOwner{.role = Role::kBroker, .cluster_id = kClusterId, .node_id = 1}}) {
    const absl::Status status = Open(other).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(MessageOf(status),
                AllOf(HasSubstr(path_),
                      HasSubstr("belongs to controller 1 of cluster q1Sh-9_ISia_zwGINzRvyQ"),
                      HasSubstr(other.role == Role::kBroker ? "configured as broker"
                                                            : "configured as controller"),
                      HasSubstr("correct the configuration")));
    EXPECT_EQ(ReadIdentity(), before);
  }
  EXPECT_TRUE(Open().ok()) << "a refusal leaves no lock behind";
}

TEST_F(DataDirectoryTest, RefusesANewerFormat) {
  ASSERT_TRUE(Open().ok());
  std::string content = ReadIdentity();
  content.replace(content.find("format.version=1"), 16, "format.version=2\nnew.key=1");
  WriteIdentity(content);
  const absl::Status status = Open().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(status),
              AllOf(HasSubstr("format version 2, but this program supports up to 1"),
                    HasSubstr("newer program")));
}

TEST_F(DataDirectoryTest, RefusesEveryChangedCharacterOfTheIdentity) {
  ASSERT_TRUE(Open().ok());
  const std::string content = ReadIdentity();
  for (size_t i = 0; i < content.size(); ++i) {
    std::string changed = content;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    WriteIdentity(changed);
    EXPECT_FALSE(Open().ok()) << "character " << i;
  }
  for (const std::string& damaged :
       {std::string(), content.substr(0, content.size() / 2), content + "x", content + content}) {
    WriteIdentity(damaged);
    const absl::Status status = Open().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(MessageOf(status), AllOf(HasSubstr(path_), HasSubstr("damaged or was edited")));
  }
}

TEST_F(DataDirectoryTest, RefusesADirectoryOfSomethingElseAndLeavesItAlone) {
  std::filesystem::create_directories(path_);
  std::ofstream(path_ + "/thesis.tex") << "x";
  const absl::Status status = Open().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(MessageOf(status), AllOf(HasSubstr(path_), HasSubstr("holds 'thesis.tex'")));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(path_), {}), 1);
}

TEST_F(DataDirectoryTest, ALostIdentityIsNotMadeAnew) {
  ASSERT_TRUE(Open().ok());
  std::filesystem::create_directory(path_ + "/log");
  std::filesystem::remove(IdentityPath());
  EXPECT_THAT(MessageOf(Open().status()), HasSubstr("put the identity file back"));
}

TEST_F(DataDirectoryTest, AnInterruptedFirstStartIsRepeated) {
  std::filesystem::create_directories(path_);
  std::ofstream(path_ + "/LOCK") << "1";
  std::ofstream(path_ + "/identity.properties.tmp") << "half";
  EXPECT_TRUE(Open().ok());
}

TEST_F(DataDirectoryTest, NamesAPathThatCannotBeADirectory) {
  std::ofstream(parent_.path() + "/file") << "x";
  path_ = parent_.path() + "/file/data";
  EXPECT_THAT(MessageOf(Open().status()), HasSubstr(path_));
}

TEST_F(DataDirectoryTest, ATrailingSlashIsTheSameDirectory) {
  const auto directory = Open();
  path_ += "/";
  EXPECT_THAT(MessageOf(Open().status()), HasSubstr("in use"));
}

}  // namespace
}  // namespace quorate::storage
