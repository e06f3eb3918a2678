#include "storage/voter_lists.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/file_io.h"
#include "storage/testing/temp_dir.h"

namespace quorate::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

VoterList List(const std::vector<int>& ids) {
  VoterList list;
  for (const int id : ids) list.emplace_back(id);
  return list;
}

class VoterListFileTest : public ::testing::Test {
 protected:
  TempDir dir_;
  std::string path_ = dir_.path() + "/voter_lists";
  VoterListFile file_{path_};
};

TEST(WithVoterListTest, ANewListComesFirstAndAKnownOneChangesNothing) {
  std::vector<VoterList> lists = WithVoterList({}, List({1, 2, 3}));
  lists = WithVoterList(lists, List({1, 2}));
  EXPECT_THAT(lists, ElementsAre(List({1, 2}), List({1, 2, 3})));
  EXPECT_EQ(WithVoterList(lists, List({1, 2, 3})), lists);
}

TEST(WithVoterListTest, TheOldestOfManyIsForgotten) {
  std::vector<VoterList> lists;
  for (int id = 1; id <= 17; ++id) lists = WithVoterList(lists, List({id}));
  EXPECT_EQ(lists.size(), 16u);
  EXPECT_EQ(lists.front(), List({17}));
  EXPECT_EQ(lists.back(), List({2}));
}

TEST_F(VoterListFileTest, AMissingFileHoldsNone) { EXPECT_THAT(file_.Load().value(), IsEmpty()); }

TEST_F(VoterListFileTest, ItsTextIsForEver) {
  const std::vector<VoterList> lists = {List({1, 2}), List({1, 2, 3})};
  ASSERT_TRUE(file_.Store(lists).ok());
  EXPECT_EQ(ReadFile(path_).value(),
            "# The voter lists that this node was started with, the latest first. Not to be "
            "edited.\n"
            "voters=1,2\n"
            "voters=1,2,3\n"
            "checksum=f03bc49cfcfbae57\n");
  EXPECT_EQ(file_.Load().value(), lists);
}

TEST_F(VoterListFileTest, ADamagedOrEditedFileIsDetected) {
  ASSERT_TRUE(file_.Store({List({1, 2, 3})}).ok());
  std::string text = *ReadFile(path_).value();
  text.replace(text.find("1,2,3"), 5, "1,2,4");
  for (const std::string& bad : {text, std::string("voters=1,,2\n"), std::string()}) {
    ASSERT_TRUE(ReplaceFile(path_, bad).ok());
    const auto lists = file_.Load();
    EXPECT_EQ(lists.status().code(), absl::StatusCode::kDataLoss) << bad;
    EXPECT_THAT(std::string(lists.status().message()), HasSubstr(path_));
  }
}

}  // namespace
}  // namespace quorate::storage
