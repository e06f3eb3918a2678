#include "server/peer/message_mapping.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/peer/testing/parse_message.h"

namespace quorate::server {
namespace {

using ::testing::HasSubstr;

const NodeId kPeer(2);

Uuid Directory(char c) { return *Uuid::FromBytes(std::string(Uuid::kBytes, c)); }

raft::VoterSet MakeVoters() {
  return raft::VoterSet({{.key = {NodeId(3), Directory('e')}, .peer_endpoint = "host:9093"},
                         {.key = {NodeId(4), Directory('f')}}});
}

raft::EntryPtr MakeEntry(int64_t index, std::string payload) {
  return raft::Entry::Make(
      {.epoch = Epoch(4), .index = LogIndex(index), .base_offset = RecordOffset(index * 10)},
      payload);
}

// Converts a payload to bytes and back, so that a test notices a field that is not serialized.
absl::StatusOr<PeerPayload> OverTheWire(const PeerPayload& payload) {
  raft::v1::PeerMessage proto = ParseMessage(payload);
  return FromProto(kPeer, proto);
}

// In each message every field differs from its default and from the fields next to it.
TEST(MessageMappingTest, EveryMessageSurvivesTheWire) {
  const std::vector<raft::Message> messages = {
      raft::VoteRequest{.epoch = Epoch(1),
                        .candidate = {kPeer, Directory('d')},
                        .last_epoch = Epoch(2),
                        .last_index = LogIndex(3),
                        .pre_vote = true},
      raft::VoteRequest{
          .candidate = {kPeer, Directory('d')}, .transfer = true, .voters = MakeVoters()},
      raft::VoteResponse{.epoch = Epoch(1), .requested_epoch = Epoch(2), .granted = true},
      raft::VoteResponse{.pre_vote = true},
      raft::Heartbeat{.epoch = Epoch(1),
                      .commit_index = LogIndex(2),
                      .read_sequence = 3,
                      .high_watermark = RecordOffset(4)},
      raft::Heartbeat{.epoch = Epoch(1), .voters = MakeVoters()},
      raft::HeartbeatResponse{.epoch = Epoch(1), .voters = MakeVoters()},
      raft::HeartbeatResponse{.epoch = Epoch(1), .read_sequence = 2},
      raft::AppendRequest{.epoch = Epoch(5),
                          .sequence = 6,
                          .prev_index = LogIndex(7),
                          .prev_epoch = Epoch(4),
                          .commit_index = LogIndex(3),
                          .entries = {MakeEntry(8, "eight"), MakeEntry(9, "nine")}},
      raft::AppendRequest{.epoch = Epoch(5), .sequence = 7},
      raft::AppendResponse{.epoch = Epoch(1),
                           .sequence = 2,
                           .success = true,
                           .match_index = LogIndex(3),
                           .match_end_offset = RecordOffset(4)},
      raft::AppendResponse{
          .epoch = Epoch(1), .sequence = 2, .hint_index = LogIndex(3), .hint_epoch = Epoch(4)},
      raft::ReadIndexRequest{.token = 1, .epoch = Epoch(2)},
      raft::ReadIndexResponse{
          .token = 1, .epoch = Epoch(2), .confirmed = true, .read_index = LogIndex(3)},
      raft::TimeoutNow{Epoch(1)},
      raft::InstallSnapshot{.epoch = Epoch(1),
                            .sequence = 2,
                            .id = {.end_offset = RecordOffset(3), .epoch = Epoch(4)},
                            .last_index = LogIndex(5),
                            .position = 6,
                            .total_bytes = 7,
                            .bytes = "eight by"},
      raft::InstallSnapshotResponse{.epoch = Epoch(1),
                                    .sequence = 2,
                                    .id = {.end_offset = RecordOffset(3), .epoch = Epoch(4)},
                                    .state = raft::InstallSnapshotResponse::State::kWanted,
                                    .position = 5},
      raft::InstallSnapshotResponse{.state = raft::InstallSnapshotResponse::State::kInstalled},
  };
  for (const raft::Message& message : messages) {
    const absl::StatusOr<PeerPayload> got = OverTheWire(message);
    ASSERT_TRUE(got.ok()) << ToString(message) << ": " << got.status();
    EXPECT_EQ(ToString(std::get<raft::Message>(*got)), ToString(message));
  }
}

TEST(MessageMappingTest, EntriesArriveByteForByte) {
  const raft::EntryPtr entry = MakeEntry(1, std::string("\0payload\xff", 9));
  const absl::StatusOr<PeerPayload> got = OverTheWire(raft::AppendRequest{.entries = {entry}});
  ASSERT_TRUE(got.ok()) << got.status();
  const auto& request = std::get<raft::AppendRequest>(std::get<raft::Message>(*got));
  ASSERT_EQ(request.entries.size(), 1u);
  EXPECT_EQ(request.entries[0]->encoded(), entry->encoded());
  EXPECT_EQ(request.entries[0]->header(), entry->header());
}

TEST(MessageMappingTest, GoodbyesSurviveTheWire) {
  for (const raft::GoodbyeReason reason :
       {raft::GoodbyeReason::kReconnecting, raft::GoodbyeReason::kResigned,
        raft::GoodbyeReason::kStopping}) {
    const Goodbye goodbye{reason, Epoch(7)};
    const absl::StatusOr<PeerPayload> got = OverTheWire(goodbye);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(std::get<Goodbye>(*got), goodbye);
  }
}

TEST(MessageMappingTest, ADamagedEntryIsDataLoss) {
  raft::v1::PeerMessage proto =
      ParseMessage(raft::Message(raft::AppendRequest{.entries = {MakeEntry(1, "payload")}}));
  proto.mutable_append_request()->mutable_entries(0)->back() ^= 1;
  EXPECT_EQ(FromProto(kPeer, proto).status().code(), absl::StatusCode::kDataLoss);
}

TEST(MessageMappingTest, EntriesThatDoNotFollowTheirPredecessorAreRefused) {
  const absl::StatusOr<PeerPayload> got = OverTheWire(raft::AppendRequest{
      .prev_index = LogIndex(3), .entries = {MakeEntry(4, "four"), MakeEntry(6, "six")}});
  EXPECT_EQ(got.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(got.status().message()), HasSubstr("entry 6 where entry 5 is expected"));
}

TEST(MessageMappingTest, WhatCannotBeIsRefused) {
  std::vector<raft::v1::PeerMessage> impossible(8);
  // impossible[0] has no kind.
  impossible[1].mutable_goodbye()->set_epoch(1);  // no reason
  impossible[2].mutable_vote_request()->set_candidate_directory_id("short");
  impossible[3].mutable_heartbeat()->set_epoch(-1);
  impossible[4].mutable_append_response()->set_match_index(-1);
  impossible[5].mutable_hello()->set_directory_id("short");
  impossible[6].mutable_install_snapshot()->set_position(-1);
  impossible[7].mutable_install_snapshot_response()->set_position(1);  // no state
  for (raft::v1::PeerMessage& proto : impossible) {
    EXPECT_EQ(FromProto(kPeer, proto).status().code(), absl::StatusCode::kInvalidArgument)
        << proto.ShortDebugString();
  }
}

TEST(MessageMappingTest, NumbersThatCannotBeAreRefused) {
  constexpr int64_t kLast = std::numeric_limits<int64_t>::max();
  std::vector<raft::v1::PeerMessage> impossible(14);
  impossible[0].mutable_heartbeat()->set_commit_index(kLast);
  impossible[1].mutable_heartbeat()->set_high_watermark(kLast);
  impossible[2].mutable_heartbeat()->set_read_sequence(-1);
  impossible[3].mutable_append_request()->set_prev_index(kLast);
  impossible[4].mutable_append_request()->set_commit_index((int64_t{1} << 53) + 1);
  impossible[5].mutable_append_response()->set_match_index(kLast);
  impossible[6].mutable_append_response()->set_hint_index(kLast);
  impossible[7].mutable_append_response()->set_sequence(-1);
  impossible[8].mutable_read_index_response()->set_read_index(kLast);
  impossible[9].mutable_install_snapshot()->set_last_index(kLast);
  raft::v1::InstallSnapshotResponse& response = *impossible[10].mutable_install_snapshot_response();
  response.set_state(raft::v1::InstallSnapshotResponse::WANTED);
  response.set_position(kLast);
  impossible[11].mutable_heartbeat()->mutable_voter_set()->add_voters()->set_directory_id("short");
  // A voter set in any message has the same limits as in a Hello.
  raft::v1::VoterSet& crowd = *impossible[12].mutable_vote_request()->mutable_voter_set();
  impossible[12].mutable_vote_request()->set_candidate_directory_id(std::string(Uuid::kBytes, 'd'));
  for (int id = 0; id <= kMaxHelloVoters; ++id) {
    raft::v1::Voter& voter = *crowd.add_voters();
    voter.set_node_id(id);
    voter.set_directory_id(std::string(Uuid::kBytes, 'e'));
  }
  raft::v1::Voter& nowhere =
      *impossible[13].mutable_heartbeat_response()->mutable_voter_set()->add_voters();
  nowhere.set_directory_id(std::string(Uuid::kBytes, 'e'));
  nowhere.set_peer_endpoint("no port");
  for (raft::v1::PeerMessage& proto : impossible) {
    EXPECT_EQ(FromProto(kPeer, proto).status().code(), absl::StatusCode::kInvalidArgument)
        << proto.ShortDebugString();
  }
}

TEST(MessageMappingTest, QuestionsAreToldFromAnswers) {
  EXPECT_TRUE(IsRequest(raft::AppendRequest{}));
  EXPECT_FALSE(IsRequest(raft::AppendResponse{}));
  EXPECT_TRUE(IsRequest(raft::TimeoutNow{}));
  EXPECT_FALSE(IsRequest(raft::HeartbeatResponse{}));
}

}  // namespace
}  // namespace quorate::server
