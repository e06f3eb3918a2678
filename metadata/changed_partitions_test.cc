#include "metadata/changed_partitions.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metadata/testing/random_log.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {
namespace {

using testing::ElementsAre;

std::string LineOf(const ChangedPartitions::Change& change) {
  const auto epoch = [](const std::optional<PartitionView>& view) {
    return view ? absl::StrFormat("%d", view->partition_epoch()) : std::string("none");
  };
  return absl::StrFormat("%s-%d %s -> %s", change.topic.name(), change.partition,
                         epoch(change.before), epoch(change.now));
}

std::vector<std::string> Walk(const MetadataImage& before, const MetadataImage& now,
                              size_t budget) {
  ChangedPartitions walk(before, now);
  std::vector<std::string> lines;
  while (walk.Next(
      budget, [&](const ChangedPartitions::Change& change) { lines.push_back(LineOf(change)); })) {
  }
  return lines;
}

class ChangedPartitionsTest : public testing::Test {
 protected:
  ChangedPartitionsTest() { log_.MustAppend({MakeMetadataVersionRecord(1)}); }

  void CreateTopic(const std::string& name, uint16_t id, size_t partitions) {
    log_.MustAppend({MakeTopicRecord(name, TestUuid(id))});
    Grow(id, 0, partitions);
  }
  void Grow(uint16_t id, int32_t first, size_t partitions) {
    const std::vector<NewPartition> made(partitions, {{BrokerId(1), BrokerId(2)}, 0b11, 0});
    log_.MustAppend({MakePartitionsRecord(TestUuid(id), first, made)});
  }
  void Change(uint16_t id, int32_t partition) {
    const std::vector<PartitionChange> changes = {{partition, 0b10, 1}};
    log_.MustAppend({MakePartitionChangesRecord(TestUuid(id), changes)});
  }

  TestLog log_;
};

TEST_F(ChangedPartitionsTest, YieldsWhatDiffersAndNothingElse) {
  CreateTopic("orders", 1, 200);
  CreateTopic("gone", 2, 2);
  CreateTopic("same", 3, 2);
  const MetadataImage before = log_.image();
  Change(1, 0);
  Change(1, 150);
  Grow(1, 200, 1);
  log_.MustAppend({MakeRemoveTopicRecord(TestUuid(2))});
  CreateTopic("made", 4, 1);
  const auto expected = ElementsAre("orders-0 0 -> 1", "orders-150 0 -> 1", "orders-200 none -> 0",
                                    "gone-0 0 -> none", "gone-1 0 -> none", "made-0 none -> 0");
  EXPECT_THAT(Walk(before, log_.image(), 1), expected);
  EXPECT_THAT(Walk(before, log_.image(), 1'000'000), expected);
}

TEST_F(ChangedPartitionsTest, ASliceLooksAtNoMoreThanItsBudget) {
  CreateTopic("orders", 1, 1000);
  ChangedPartitions walk(MetadataImage(), log_.image());
  int slices = 0;
  int seen = 0;
  bool more = true;
  while (more) {
    int in_slice = 0;
    more = walk.Next(100, [&](const auto&) { ++in_slice; });
    EXPECT_LE(in_slice, 100);
    seen += in_slice;
    ++slices;
  }
  EXPECT_EQ(seen, 1000);
  EXPECT_GE(slices, 10);
  EXPECT_FALSE(walk.Next(100, [](const auto&) { FAIL() << "it is over"; }));
}

TEST_F(ChangedPartitionsTest, WorksBackwardsAsAfterALogWasReplaced) {
  CreateTopic("orders", 1, 1);
  const MetadataImage before = log_.image();
  Grow(1, 1, 2);
  EXPECT_THAT(Walk(log_.image(), before, 10),
              ElementsAre("orders-1 0 -> none", "orders-2 0 -> none"));
}

TEST(ChangedPartitionsRandomTest, AgreesWithTheComparisonOfWholeImages) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    RandomLog log(seed);
    for (int i = 0; i < 50; ++i) log.AppendBatch();
    const MetadataImage before = log.image();
    for (int i = 0; i < 20; ++i) log.AppendBatch();
    std::vector<std::string> expected;
    log.image().ForEachChangedTopic(before, [&](const TopicPtr& old, const TopicPtr& now) {
      if (now == nullptr) {
        old->ForEachChangedPartition(nullptr, [&](const PartitionView& view) {
          expected.push_back(LineOf({*old, view.index(), view, std::nullopt}));
        });
        return;
      }
      now->ForEachChangedPartition(old.get(), [&](const PartitionView& view) {
        std::optional<PartitionView> earlier;
        if (old != nullptr && view.index() < old->partition_count()) {
          earlier = old->partition(view.index());
        }
        expected.push_back(LineOf({*now, view.index(), earlier, view}));
      });
    });
    std::sort(expected.begin(), expected.end());
    for (const size_t budget : {1u, 7u, 100'000u}) {
      std::vector<std::string> lines = Walk(before, log.image(), budget);
      std::sort(lines.begin(), lines.end());
      EXPECT_EQ(lines, expected) << "seed " << seed << ", budget " << budget;
    }
  }
}

}  // namespace
}  // namespace quorate::metadata
