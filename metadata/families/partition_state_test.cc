// Extras and log directories in snapshots, in the state hash and in comparisons.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "metadata/snapshot_encoder.h"
#include "metadata/snapshot_loader.h"
#include "metadata/state_hash.h"
#include "metadata/testing/extras_fixture.h"

namespace quorate::metadata {
namespace {

std::string Snapshot(const MetadataImage& image) {
  std::string bytes;
  SnapshotEncoder encoder(image);
  while (const auto chunk = encoder.Next()) bytes += *chunk;
  return bytes;
}

MetadataImage Load(const std::string& snapshot) {
  SnapshotLoader loader;
  CHECK_OK(loader.Add(snapshot));
  auto image = std::move(loader).Finish();
  CHECK(image.ok()) << image.status();
  return *std::move(image);
}

TEST_F(PartitionExtrasTest, ASnapshotHasThem) {
  CreateRare(70);
  Change({.partition = 3, .isr_mask = 0, .extras = PartitionExtras{.elr_mask = 0b011}});
  Change({.partition = 5,
          .isr_mask = 1,
          .replicas = Ids({1, 2}),
          .extras = PartitionExtras{.recovering = true},
          .directories = {kB, kNoDirectory}});
  const MetadataImage loaded = Load(Snapshot(image()));
  EXPECT_EQ(ImageText(loaded), ImageText(image()));
  EXPECT_EQ(StateHash(loaded), StateHash(image()));
  EXPECT_EQ(Snapshot(loaded), Snapshot(image()));
  EXPECT_TRUE(*loaded.FindTopic(kOrders) == *image().FindTopic(kOrders));
}

MetadataImage ImageOf(const std::vector<NewPartition>& partitions) {
  TestLog log;
  log.MustAppend({MakeMetadataVersionRecord(2), MakeTopicRecord("orders", kOrders),
                  MakePartitionsRecord(kOrders, 0, partitions)});
  return log.image();
}

TEST(PartitionStateTest, EveryPropertyChangesHashAndEquality) {
  std::vector<std::vector<NewPartition>> variants;
  const auto add = [&](auto change) {
    std::vector<NewPartition> partitions = Partitions(2);
    for (NewPartition& partition : partitions) {
      partition.isr_mask = 1;
      partition.leader_position = std::nullopt;
    }
    change(partitions);
    variants.push_back(std::move(partitions));
  };
  using List = std::vector<NewPartition>;
  add([](List&) {});
  for (const size_t i : {0u, 1u}) {
    add([i](List& list) { list[i].extras.adding_mask = 2; });
    add([i](List& list) { list[i].extras.removing_mask = 2; });
    add([i](List& list) { list[i].extras.elr_mask = 2; });
    add([i](List& list) { list[i].extras.last_known_leader_position = 0; });
    add([i](List& list) { list[i].extras.last_known_leader_position = 1; });
    add([i](List& list) { list[i].extras.recovering = true; });
    add([i](List& list) { list[i].directories = {kA, kNoDirectory, kNoDirectory}; });
    add([i](List& list) { list[i].directories = {kB, kNoDirectory, kNoDirectory}; });
    add([i](List& list) { list[i].directories = {kNoDirectory, kA, kNoDirectory}; });
    add([i](List& list) { list[i].directories = {kA, kB, kNoDirectory}; });
  }
  for (size_t i = 0; i < variants.size(); ++i) {
    for (size_t j = 0; j < variants.size(); ++j) {
      const MetadataImage a = ImageOf(variants[i]);
      const MetadataImage b = ImageOf(variants[j]);
      const bool equal = i == j;
      EXPECT_EQ(StateHash(a) == StateHash(b), equal) << i << " and " << j;
      EXPECT_EQ(*a.FindTopic(kOrders) == *b.FindTopic(kOrders), equal) << i << " and " << j;
      int changed = 0;
      b.FindTopic(kOrders)->ForEachChangedPartition(a.FindTopic(kOrders).get(),
                                                    [&](const PartitionView&) { ++changed; });
      EXPECT_EQ(changed > 0, !equal) << i << " and " << j;
      EXPECT_EQ(Snapshot(a) == Snapshot(b), equal) << i << " and " << j;
    }
  }
}

// Two partitions list their directories in different orders, depending on the history.
TEST_F(PartitionExtrasTest, TheStateDoesNotTellItsHistory) {
  CreateOrders(2);
  const PartitionChange plain{.partition = 0, .isr_mask = 0b111, .leader_position = 0};
  PartitionChange rare = plain;
  rare.extras = PartitionExtras{.adding_mask = 1};
  rare.directories = {kA, kB, kA};
  PartitionChange other = plain;
  other.directories = {kB, kNoDirectory, kNoDirectory};
  PartitionChange none = plain;
  none.extras = PartitionExtras();
  none.directories = {kNoDirectory, kNoDirectory, kNoDirectory};

  TestLog plainly = log_;
  for (int i = 0; i < 4; ++i) plainly.MustAppend({ChangeOf({plain})});
  TestLog back = log_;
  for (const auto& change : {rare, other, rare, none}) back.MustAppend({ChangeOf({change})});
  EXPECT_FALSE(back.image().FindTopic(kOrders)->has_extras());
  EXPECT_EQ(Snapshot(back.image()), Snapshot(plainly.image()));
  EXPECT_EQ(StateHash(back.image()), StateHash(plainly.image()));
  EXPECT_TRUE(*back.image().FindTopic(kOrders) == *plainly.image().FindTopic(kOrders));

  TestLog directly = log_;
  for (const auto& change : {plain, plain, plain, rare}) directly.MustAppend({ChangeOf({change})});
  TestLog around = log_;
  for (const auto& change : {other, rare, other, rare}) around.MustAppend({ChangeOf({change})});
  EXPECT_EQ(Snapshot(around.image()), Snapshot(directly.image()));
  EXPECT_EQ(StateHash(around.image()), StateHash(directly.image()));
  EXPECT_TRUE(*around.image().FindTopic(kOrders) == *directly.image().FindTopic(kOrders));
}

// The version itself is not in the hash of the partitions, so images at version 1 keep their hash.
TEST_F(ReplayTest, WhatVersion2DoesNotUseLeavesNoTrace) {
  CreateOrders(100);
  TestLog newer = log_;
  newer.MustAppend({MakeMetadataVersionRecord(2)});
  newer.MustAppend({MakePartitionChangesRecord(
      kOrders, std::vector<PartitionChange>{{.partition = 7,
                                             .isr_mask = 0b111,
                                             .leader_position = 0,
                                             .extras = PartitionExtras{.adding_mask = 1}}})});
  newer.MustAppend({MakePartitionChangesRecord(
      kOrders, std::vector<PartitionChange>{{.partition = 7,
                                             .isr_mask = 0b111,
                                             .leader_position = 0,
                                             .extras = PartitionExtras()}})});
  for (int i = 0; i < 2; ++i) {
    log_.MustAppend({MakePartitionChangesRecord(
        kOrders,
        std::vector<PartitionChange>{{.partition = 7, .isr_mask = 0b111, .leader_position = 0}})});
  }
  log_.MustAppend({MakeMetadataVersionRecord(2)});
  EXPECT_EQ(StateHash(newer.image()), StateHash(image()));
  EXPECT_EQ(Snapshot(newer.image()), Snapshot(image()));
  EXPECT_EQ(ImageText(newer.image()), ImageText(image()));
}

}  // namespace
}  // namespace quorate::metadata
