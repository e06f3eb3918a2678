#include "tests/sim/electorate.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::sim {
namespace {

raft::ReplicaKey KeyOf(int node, char directory = 'a') {
  return {.node_id = NodeId(node),
          .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, directory))};
}

raft::VoterSet SetOf(std::initializer_list<int> nodes) {
  raft::VoterSet voters;
  for (const int node : nodes) voters = voters.With({.key = KeyOf(node)});
  return voters;
}

class ElectorateTest : public ::testing::Test {
 protected:
  ElectorateTest() { electorate_.Found(SetOf({1, 2, 3})); }

  Electorate electorate_;
};

TEST_F(ElectorateTest, CanLoseAMinority) {
  EXPECT_TRUE(electorate_.CanLose(KeyOf(1)));
  electorate_.OnLost(KeyOf(1));
  EXPECT_TRUE(electorate_.CanLose(KeyOf(1)));
  EXPECT_FALSE(electorate_.CanLose(KeyOf(2)));
  EXPECT_TRUE(electorate_.CanLose(KeyOf(4))) << "an observer";
  EXPECT_TRUE(electorate_.CanLose(KeyOf(2, 'b'))) << "another directory is another replica";
}

TEST_F(ElectorateTest, AnOpenSetNeedsItsMajorityToo) {
  electorate_.OnProposed(Epoch(1), SetOf({1, 2}));
  EXPECT_FALSE(electorate_.CanLose(KeyOf(2)));
  EXPECT_TRUE(electorate_.CanLose(KeyOf(3)));
}

TEST_F(ElectorateTest, AnOpenSetIsOpenUntilThatEpochOrALaterOneCommitsAnother) {
  electorate_.OnProposed(Epoch(3), SetOf({1, 2}));
  electorate_.OnCommitted(LogIndex(5), Epoch(2), SetOf({1, 2, 3}));
  EXPECT_FALSE(electorate_.CanLose(KeyOf(2)));
  electorate_.OnCommitted(LogIndex(9), Epoch(4), SetOf({1, 2, 3, 4, 5}));
  EXPECT_TRUE(electorate_.CanLose(KeyOf(2)));
}

TEST_F(ElectorateTest, WhatEachNodeDeliversOfOldSetsChangesNothing) {
  electorate_.OnCommitted(LogIndex(9), Epoch(4), SetOf({1, 2}));
  electorate_.OnCommitted(LogIndex(5), Epoch(2), SetOf({1, 2, 3}));
  EXPECT_EQ(electorate_.governing(), SetOf({1, 2}));
}

TEST_F(ElectorateTest, NewAddressesAreNoChange) {
  raft::Voter moved{.key = KeyOf(2), .client_endpoint = "two:1"};
  electorate_.OnCommitted(LogIndex(5), Epoch(2), SetOf({1, 2, 3}).With(moved));
  EXPECT_EQ(electorate_.changes(), 0u);
  EXPECT_EQ(electorate_.governing().FindByNodeId(NodeId(2))->client_endpoint, "two:1");
  electorate_.OnCommitted(LogIndex(6), Epoch(2), SetOf({1, 2}));
  EXPECT_EQ(electorate_.changes(), 1u);
}

TEST_F(ElectorateTest, LostReplicasDoNotGovern) {
  electorate_.OnLost(KeyOf(3));
  EXPECT_TRUE(electorate_.CanGovern(SetOf({1, 2})));
  EXPECT_FALSE(electorate_.CanGovern(SetOf({1, 3})));
}

}  // namespace
}  // namespace quorate::sim
