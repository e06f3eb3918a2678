#include "raft/api/voter_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"

namespace quorate::raft {
namespace {

using ::testing::ElementsAre;

Uuid DirectoryId(char fill) { return *Uuid::FromBytes(std::string(Uuid::kBytes, fill)); }

Voter MakeVoter(int32_t id) {
  return {.key = {.node_id = NodeId(id), .directory_id = DirectoryId(static_cast<char>('a' + id))},
          .peer_endpoint = "host:" + std::to_string(9000 + id)};
}

VoterSet MakeSet(std::vector<int32_t> ids) {
  std::vector<Voter> voters;
  for (const int32_t id : ids) voters.push_back(MakeVoter(id));
  return VoterSet(std::move(voters));
}

std::vector<LogIndex> Indexes(std::vector<int64_t> values) {
  std::vector<LogIndex> indexes;
  for (const int64_t value : values) indexes.emplace_back(value);
  return indexes;
}

TEST(VoterSetTest, IsKeptByAscendingNodeId) {
  EXPECT_THAT(MakeSet({3, 1, 2}).NodeIds(), ElementsAre(NodeId(1), NodeId(2), NodeId(3)));
}

TEST(VoterSetTest, AnotherDirectoryIsAnotherReplica) {
  const VoterSet set = MakeSet({1, 2, 3});
  EXPECT_TRUE(set.Contains({.node_id = NodeId(2), .directory_id = DirectoryId('c')}));
  EXPECT_FALSE(set.Contains({.node_id = NodeId(2), .directory_id = DirectoryId('x')}));
  EXPECT_FALSE(set.Contains({.node_id = NodeId(4), .directory_id = DirectoryId('c')}));
  EXPECT_EQ(set.FindByNodeId(NodeId(3))->peer_endpoint, "host:9003");
  EXPECT_EQ(set.FindByNodeId(NodeId(4)), nullptr);
}

TEST(VoterSetTest, MajorityIsMoreThanHalf) {
  EXPECT_EQ(MakeSet({1}).Majority(), 1);
  EXPECT_EQ(MakeSet({1, 2}).Majority(), 2);
  EXPECT_EQ(MakeSet({1, 2, 3}).Majority(), 2);
  EXPECT_EQ(MakeSet({1, 2, 3, 4}).Majority(), 3);
  EXPECT_EQ(MakeSet({1, 2, 3, 4, 5}).Majority(), 3);
}

TEST(VoterSetTest, MajorityIndexIsWhatAMajorityHas) {
  EXPECT_EQ(VoterSet::MajorityIndex(Indexes({7})), LogIndex(7));
  EXPECT_EQ(VoterSet::MajorityIndex(Indexes({7, 9})), LogIndex(7));
  EXPECT_EQ(VoterSet::MajorityIndex(Indexes({9, 2, 7})), LogIndex(7));
  EXPECT_EQ(VoterSet::MajorityIndex(Indexes({9, 2, 7, 8})), LogIndex(7));
  EXPECT_EQ(VoterSet::MajorityIndex(Indexes({0, 9, 0, 9, 4})), LogIndex(4));
}

// Compares with a simple count, over every set of up to five voters with indexes 0 to 3.
TEST(VoterSetTest, MajorityIndexEqualsCounting) {
  for (size_t size = 1; size <= 5; ++size) {
    for (int code = 0; code < 1 << (2 * size); ++code) {
      std::vector<LogIndex> match;
      for (size_t i = 0; i < size; ++i) match.emplace_back((code >> (2 * i)) & 3);
      LogIndex expected(0);
      for (int64_t index = 0; index <= 3; ++index) {
        const auto have = std::count_if(match.begin(), match.end(),
                                        [index](LogIndex m) { return m >= LogIndex(index); });
        if (static_cast<size_t>(have) * 2 > size) expected = LogIndex(index);
      }
      EXPECT_EQ(VoterSet::MajorityIndex(match), expected) << size << " voters, code " << code;
    }
  }
}

TEST(VoterSetTest, RankCountsCyclicallyFromTheDead) {
  const VoterSet set = MakeSet({1, 4, 6, 9});
  EXPECT_EQ(set.RankAfter(NodeId(4), NodeId(6)), 0);
  EXPECT_EQ(set.RankAfter(NodeId(4), NodeId(9)), 1);
  EXPECT_EQ(set.RankAfter(NodeId(4), NodeId(1)), 2);
  EXPECT_EQ(set.RankAfter(NodeId(9), NodeId(1)), 0);
  EXPECT_EQ(MakeSet({1, 2}).RankAfter(NodeId(2), NodeId(1)), 0);
}

TEST(VoterSetTest, RankAlsoCountsFromALeaderThatWasRemoved) {
  const VoterSet set = MakeSet({1, 4, 6});
  EXPECT_EQ(set.RankAfter(NodeId(5), NodeId(6)), 0);
  EXPECT_EQ(set.RankAfter(NodeId(5), NodeId(1)), 1);
  EXPECT_EQ(set.RankAfter(NodeId(5), NodeId(4)), 2);
}

TEST(VoterSetTest, DistanceCountsReplicasThatComeOrGo) {
  const VoterSet set = MakeSet({1, 2, 3});
  EXPECT_EQ(set.DistanceTo(set), 0);
  EXPECT_EQ(set.DistanceTo(set.Without(NodeId(2))), 1);
  EXPECT_EQ(set.Without(NodeId(2)).DistanceTo(set), 1);
  EXPECT_EQ(set.DistanceTo(MakeSet({1, 2, 4})), 2);
  const VoterSet replaced =
      set.With({.key = {.node_id = NodeId(3), .directory_id = DirectoryId('z')}});
  EXPECT_EQ(replaced.size(), 3);
  EXPECT_EQ(set.DistanceTo(replaced), 2) << "another directory is another replica";
}

TEST(VoterSetTest, AddressesAreNoMembers) {
  const VoterSet set = MakeSet({1, 2, 3});
  Voter moved = *set.FindByNodeId(NodeId(2));
  for (std::string Voter::*endpoint :
       {&Voter::peer_endpoint, &Voter::client_endpoint, &Voter::kafka_endpoint}) {
    moved.*endpoint = "elsewhere:1";
    const VoterSet next = set.With(moved);
    EXPECT_NE(next, set);
    EXPECT_EQ(next.DistanceTo(set), 0);
    EXPECT_EQ(set.DistanceTo(next), 0);
    EXPECT_TRUE(next.Contains(moved.key));
  }
}

// These bytes are on disk and never change. Do not adjust them to make this test pass.
TEST(VoterSetTest, HasTheGoldenBytes) {
  VoterSet set({{.key = {.node_id = NodeId(0), .directory_id = DirectoryId('a')}},
                {.key = {.node_id = NodeId(300), .directory_id = DirectoryId('b')},
                 .peer_endpoint = "h:1"}});
  EXPECT_EQ(absl::BytesToHexString(set.Encode()),
            "0a12"  // voter of 18 bytes
            "1210"
            "61616161616161616161616161616161"  // directory id; node id 0 is omitted
            "0a1a"                              // voter of 26 bytes
            "08ac02"                            // node id 300
            "1210"
            "62626262626262626262626262626262"  // directory id
            "1a03"
            "683a31");  // peer endpoint
}

// Likewise.
TEST(VoterSetTest, HasTheGoldenBytesOfAllEndpoints) {
  VoterSet set(
      {{.key = {.node_id = NodeId(1), .directory_id = DirectoryId('a')},
        .peer_endpoint = "h:1",
        .client_endpoint = "h:2",
        .kafka_endpoint = "h:3"},
       {.key = {.node_id = NodeId(2), .directory_id = DirectoryId('b')}, .kafka_endpoint = "h:4"}});
  EXPECT_EQ(absl::BytesToHexString(set.Encode()),
            "0a23"  // voter of 35 bytes
            "0801"  // node id 1
            "1210"
            "61616161616161616161616161616161"  // directory id
            "1a03"
            "683a31"  // peer endpoint
            "2203"
            "683a32"  // client endpoint
            "2a03"
            "683a33"  // Kafka endpoint
            "0a19"    // voter of 25 bytes
            "0802"    // node id 2
            "1210"
            "62626262626262626262626262626262"  // directory id
            "2a03"
            "683a34");  // Kafka endpoint
}

TEST(VoterSetTest, ParseReturnsWhatEncodeWrote) {
  Voter everywhere = MakeVoter(4);
  everywhere.client_endpoint = "client:1";
  everywhere.kafka_endpoint = "kafka:1";
  for (const VoterSet& set : {VoterSet(), MakeSet({0}), MakeSet({1, 2, 3}), MakeSet({5, 300, 9}),
                              MakeSet({1, 2}).With(everywhere)}) {
    const absl::StatusOr<VoterSet> parsed = VoterSet::Parse(set.Encode());
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, set);
  }
}

TEST(VoterSetTest, ParseRefusesEveryCut) {
  const VoterSet set = MakeSet({1, 2, 3});
  const std::string bytes = set.Encode();
  const size_t one_voter = bytes.size() / 3;
  for (size_t size = 0; size < bytes.size(); ++size) {
    // A cut between two voters leaves a smaller valid set; the entry's checksum protects against
    // that.
    EXPECT_EQ(VoterSet::Parse(bytes.substr(0, size)).ok(), size % one_voter == 0) << size;
  }
}

TEST(VoterSetTest, ParseRefusesWhatEncodeCannotHaveWritten) {
  const std::string id_a = "1210" + std::string(32, '6');
  const auto parse = [](const std::string& hex) {
    return VoterSet::Parse(absl::HexStringToBytes(hex)).status().code();
  };
  EXPECT_EQ(parse("0a14"
                  "0801" +
                  id_a),
            absl::StatusCode::kOk);
  // The same voter twice: ids must ascend.
  EXPECT_EQ(parse("0a14"
                  "0801" +
                  id_a +
                  "0a14"
                  "0801" +
                  id_a),
            absl::StatusCode::kDataLoss);
  // Endpoints out of order, twice, empty, cut off, or with a byte that no endpoint has.
  for (const char* endpoints :
       {"22016122016b", "2a016122016b", "2200", "2a00", "220261", "1a01ff", "22010a", "2a0120"}) {
    const std::string bytes = id_a + endpoints;
    EXPECT_EQ(parse("0a" + absl::BytesToHexString(std::string(1, bytes.size() / 2)) + bytes),
              absl::StatusCode::kDataLoss)
        << endpoints;
  }
  // An encoded default value; an overlong number; an unknown field; a directory id that is too
  // short or missing; a negative node id.
  EXPECT_EQ(parse("0a14"
                  "0800" +
                  id_a),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse("0a15"
                  "088100" +
                  id_a),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse("0a16"
                  "0801" +
                  id_a + "3001"),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse("0a05"
                  "0801"
                  "120161"),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse("0a02"
                  "0801"),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse("0a1d"
                  "08ffffffffffffffffff01" +
                  id_a),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(parse("1200"), absl::StatusCode::kDataLoss);
}

TEST(VoterSetDeathTest, RefusesAVoterTwice) { EXPECT_DEATH(MakeSet({1, 1}), "voter twice"); }

}  // namespace
}  // namespace quorate::raft
