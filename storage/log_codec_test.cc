#include "storage/log_codec.h"

#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "storage/key_layout.h"

namespace quorate::storage {
namespace {

LogState FullState() {
  return {.write_id = 0x0102030405060708,
          .hard_state = {.epoch = Epoch(9),
                         .vote = raft::ReplicaKey{.node_id = NodeId(3),
                                                  .directory_id =
                                                      *Uuid::FromBytes("0123456789abcdef")}},
          .first_index = LogIndex(1),
          .last_index = LogIndex(300)};
}

// These bytes are on disk permanently: never adjust them to make these tests pass.
TEST(LogCodecTest, KeysHaveTheGoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(LogKey(LogIndex(0x0102030405060708))), "0102030405060708");
  EXPECT_LT(LogKey(LogIndex(255)), LogKey(LogIndex(256)));
  EXPECT_EQ(kStateKey, "state");
  EXPECT_EQ(kLogStartKey, "log_start");
  EXPECT_EQ(kEpochStartsKey, "epoch_starts");
  EXPECT_EQ(kVoterEntriesKey, "voter_entries");
  EXPECT_EQ(kFoundingVotersKey, "founding_voters");
}

TEST(LogCodecTest, StateHasTheGoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(EncodeState(FullState())),
            "3d7b973b8508b25b"  // checksum
            "01"
            "01"                // version, kind
            "0807060504030201"  // write id
            "0100000000000000"  // first index
            "2c01000000000000"  // last index
            "09000000"          // epoch
            "01"
            "03000000"                            // has a vote: node id
            "30313233343536373839616263646566");  // and directory id
}

TEST(LogCodecTest, ListsHaveTheGoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(
                EncodeEpochStarts({{Epoch(1), LogIndex(1)}, {Epoch(4), LogIndex(17)}})),
            "9e2962ad2d8bc999"
            "01"
            "02"
            "01000000"
            "0100000000000000"  // epoch, index
            "04000000"
            "1100000000000000");
  EXPECT_EQ(absl::BytesToHexString(EncodeVoterEntries({LogIndex(2), LogIndex(17)})),
            "4d8ada7a90d036a5"
            "01"
            "03"
            "0200000000000000"
            "1100000000000000");
  EXPECT_EQ(absl::BytesToHexString(EncodeFoundingVoters(
                raft::VoterSet({{.key = {.node_id = NodeId(1),
                                         .directory_id = *Uuid::FromBytes("0123456789abcdef")}}}))),
            "756134edfc769801"
            "01"
            "04"
            "0a14"
            "0801"
            "1210"
            "30313233343536373839616263646566");
}

raft::SnapshotMeta FullStart() {
  return {
      .id = {.end_offset = RecordOffset(500), .epoch = Epoch(7)},
      .last_index = LogIndex(300),
      .last_checksum = 0x1122334455667788,
      .last_append_time_ms = 1700000000000,
      .voters_index = LogIndex(2),
      .voters = raft::VoterSet(
          {{.key = {.node_id = NodeId(1), .directory_id = *Uuid::FromBytes("0123456789abcdef")}}})};
}

TEST(LogCodecTest, TheLogStartHasTheGoldenBytes) {
  EXPECT_EQ(absl::BytesToHexString(EncodeLogStart(FullStart())),
            "bad576d2162d7775"  // checksum
            "01"
            "05"                // version, kind
            "f401000000000000"  // end offset
            "07000000"          // epoch
            "2c01000000000000"  // last index
            "8877665544332211"  // its checksum
            "0068e5cf8b010000"  // its append time
            "0200000000000000"  // index of the voters entry
            "0a14"              // the voters, as a voters entry holds them
            "0801"
            "1210"
            "30313233343536373839616263646566");
}

TEST(LogCodecTest, RefusesAStartOutOfRange) {
  const auto refused = [](auto change) {
    raft::SnapshotMeta start = FullStart();
    change(start);
    return ParseLogStart(EncodeLogStart(start)).status().code() == absl::StatusCode::kDataLoss;
  };
  EXPECT_TRUE(refused([](auto& s) { s.last_index = LogIndex(0); }));
  EXPECT_TRUE(refused([](auto& s) { s.id.end_offset = RecordOffset(299); }));
  EXPECT_TRUE(refused([](auto& s) { s.id.epoch = Epoch(0); }));
  EXPECT_TRUE(refused([](auto& s) { s.voters_index = LogIndex(301); }));
  EXPECT_TRUE(refused([](auto& s) { s.voters_index = LogIndex(0); }));
  EXPECT_TRUE(refused([](auto& s) { s.voters = raft::VoterSet(); }));
  EXPECT_FALSE(refused([](auto&) {}));
}

TEST(LogCodecTest, ParseReturnsWhatWasEncoded) {
  EXPECT_EQ(*ParseLogStart(EncodeLogStart(FullStart())), FullStart());
  EXPECT_EQ(*ParseState(EncodeState(FullState())), FullState());
  EXPECT_EQ(*ParseState(EncodeState(LogState())), LogState());
  const EpochStarts starts = {{Epoch(1), LogIndex(1)}, {Epoch(4), LogIndex(17)}};
  EXPECT_EQ(*ParseEpochStarts(EncodeEpochStarts(starts)), starts);
  EXPECT_EQ(*ParseEpochStarts(EncodeEpochStarts({})), EpochStarts());
  const std::vector<LogIndex> indexes = {LogIndex(2), LogIndex(17)};
  EXPECT_EQ(*ParseVoterEntries(EncodeVoterEntries(indexes)), indexes);
  EXPECT_EQ(*ParseFoundingVoters(EncodeFoundingVoters(raft::VoterSet())), raft::VoterSet());
}

TEST(LogCodecTest, OneValueIsNotTakenForAnother) {
  EXPECT_EQ(ParseEpochStarts(EncodeVoterEntries({})).status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(ParseVoterEntries(EncodeEpochStarts({})).status().code(), absl::StatusCode::kDataLoss);
}

TEST(LogCodecTest, RefusesListsThatDoNotAscend) {
  EXPECT_FALSE(
      ParseEpochStarts(EncodeEpochStarts({{Epoch(1), LogIndex(2)}, {Epoch(1), LogIndex(3)}})).ok());
  EXPECT_FALSE(
      ParseEpochStarts(EncodeEpochStarts({{Epoch(1), LogIndex(2)}, {Epoch(2), LogIndex(2)}})).ok());
  EXPECT_FALSE(ParseEpochStarts(EncodeEpochStarts({{Epoch(1), LogIndex(0)}})).ok());
  EXPECT_FALSE(ParseVoterEntries(EncodeVoterEntries({LogIndex(2), LogIndex(2)})).ok());
}

TEST(LogCodecTest, RefusesAStateOutOfRange) {
  LogState state = FullState();
  state.first_index = LogIndex(0);
  EXPECT_FALSE(ParseState(EncodeState(state)).ok());
  state = FullState();
  state.last_index = LogIndex(-1);
  EXPECT_FALSE(ParseState(EncodeState(state)).ok());
  state = FullState();
  state.hard_state.epoch = Epoch(-1);
  EXPECT_FALSE(ParseState(EncodeState(state)).ok());
}

TEST(LogCodecTest, EveryCutIsDataLoss) {
  const std::string bytes = EncodeState(FullState());
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(ParseState(bytes.substr(0, size)).status().code(), absl::StatusCode::kDataLoss);
  }
  EXPECT_EQ(ParseState(bytes + '\0').status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace quorate::storage
