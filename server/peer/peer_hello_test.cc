#include "server/peer/peer_hello.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace quorate::server {
namespace {

using ::testing::HasSubstr;

Uuid Directory(char c) { return *Uuid::FromBytes(std::string(Uuid::kBytes, c)); }

const HelloPolicy kNode1{.cluster_id = "8oZ1nHmwQpqYdV0bH5kJXw",
                         .self = NodeId(1),
                         .voters = {NodeId(1), NodeId(2), NodeId(3)}};

Hello FromNode2() {
  return {.cluster_id = kNode1.cluster_id,
          .expected_node = NodeId(1),
          .session_id = 77,
          .incarnation = 78,
          .speaker = {.key = {NodeId(2), Directory('b')},
                      .peer_endpoint = "controller-2:9093",
                      .client_endpoint = "controller-2:9092",
                      .configured_voters = {NodeId(1), NodeId(2), NodeId(3)},
                      .has_log = true,
                      .voter_set = raft::VoterSet({{{NodeId(2), Directory('b')}, "b:1"},
                                                   {{NodeId(3), Directory('c')}, "c:1"}}),
                      .max_metadata_version = 7}};
}

TEST(PeerHelloTest, EveryFieldSurvivesTheWire) {
  const Hello hello = FromNode2();
  const absl::StatusOr<Hello> got = FromProto(ToProto(hello));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->cluster_id, hello.cluster_id);
  EXPECT_EQ(got->expected_node, hello.expected_node);
  EXPECT_EQ(got->speaker.client_endpoint, hello.speaker.client_endpoint);
  EXPECT_EQ(got->session_id, hello.session_id);
  EXPECT_EQ(got->incarnation, hello.incarnation);
  EXPECT_EQ(got->speaker.key, hello.speaker.key);
  EXPECT_EQ(got->speaker.peer_endpoint, hello.speaker.peer_endpoint);
  EXPECT_EQ(got->speaker.configured_voters, hello.speaker.configured_voters);
  EXPECT_EQ(got->speaker.observer, hello.speaker.observer);
  EXPECT_EQ(got->speaker.has_log, hello.speaker.has_log);
  EXPECT_EQ(got->speaker.voter_set, hello.speaker.voter_set);
  EXPECT_EQ(got->speaker.max_metadata_version, hello.speaker.max_metadata_version);
}

TEST(PeerHelloTest, ANodeThatSaysNoMetadataVersionSupportsTheFirst) {
  raft::v1::Hello proto = ToProto(FromNode2());
  proto.clear_max_metadata_version();
  const absl::StatusOr<Hello> got = FromProto(proto);
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_EQ(got->speaker.max_metadata_version, 1u);
}

TEST(PeerHelloTest, ANodeWithoutAVoterSetSaysSo) {
  Hello hello = FromNode2();
  hello.speaker.voter_set.reset();
  const absl::StatusOr<Hello> got = FromProto(ToProto(hello));
  ASSERT_TRUE(got.ok()) << got.status();
  EXPECT_FALSE(got->speaker.voter_set.has_value());
}

TEST(PeerHelloTest, AMalformedVoterSetIsRefused) {
  raft::v1::Hello proto = ToProto(FromNode2());
  proto.mutable_voter_set()->mutable_voters(0)->set_directory_id("short");
  EXPECT_EQ(FromProto(proto).status().code(), absl::StatusCode::kInvalidArgument);
}

void ExpectMalformed(const raft::v1::Hello& proto, const std::string& why) {
  const absl::Status status = FromProto(proto).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << why;
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
}

TEST(PeerHelloTest, NumbersThatCannotBeAreRefused) {
  raft::v1::Hello proto = ToProto(FromNode2());
  proto.set_node_id(-1);
  ExpectMalformed(proto, "node_id is negative");
  proto = ToProto(FromNode2());
  proto.set_expected_node_id(-7);
  ExpectMalformed(proto, "expected_node_id is negative");
  proto = ToProto(FromNode2());
  proto.add_configured_voters(-1);
  ExpectMalformed(proto, "configured_voters is negative");
  proto = ToProto(FromNode2());
  proto.set_directory_id("short");
  ExpectMalformed(proto, "directory_id is not 16 bytes");
}

TEST(PeerHelloTest, WhatIsTooManyOrTooLongIsRefused) {
  raft::v1::Hello proto = ToProto(FromNode2());
  for (int id = 0; id <= kMaxHelloVoters; ++id) proto.add_configured_voters(id);
  ExpectMalformed(proto, "configured_voters has 132 members, the limit is 128");
  proto = ToProto(FromNode2());
  const raft::v1::Voter voter = proto.voter_set().voters(0);
  for (int id = 0; id <= kMaxHelloVoters; ++id) *proto.mutable_voter_set()->add_voters() = voter;
  ExpectMalformed(proto, "voter_set has 131 members, the limit is 128");
  proto = ToProto(FromNode2());
  proto.set_cluster_id(std::string(65, 'A'));
  ExpectMalformed(proto, "cluster_id is too long");
  proto = ToProto(FromNode2());
  proto.set_peer_endpoint(std::string(400, 'a') + ":1");
  ExpectMalformed(proto, "peer_endpoint has 402 bytes, the limit is 300");
}

TEST(PeerHelloTest, AnEndpointThatIsNoHostAndPortIsRefusedAndEscaped) {
  for (const char* bad : {"", "host", "host:port", "a b:1", "host:70000", "x\nI2026 fake line:1"}) {
    raft::v1::Hello proto = ToProto(FromNode2());
    proto.set_peer_endpoint(bad);
    ExpectMalformed(proto, "peer_endpoint '");
    proto = ToProto(FromNode2());
    proto.set_client_endpoint(bad);
    ExpectMalformed(proto, "client_endpoint '");
  }
  raft::v1::Hello proto = ToProto(FromNode2());
  proto.set_client_endpoint("x\nfake:1");
  ExpectMalformed(proto, "client_endpoint 'x\\nfake:1' is not HOST:PORT");
  proto = ToProto(FromNode2());
  proto.mutable_voter_set()->mutable_voters(0)->set_peer_endpoint("nowhere");
  ExpectMalformed(proto, "a voter's peer_endpoint 'nowhere'");
  proto = ToProto(FromNode2());
  proto.mutable_voter_set()->mutable_voters(0)->set_client_endpoint("nowhere");
  ExpectMalformed(proto, "a voter's client_endpoint 'nowhere'");
  proto = ToProto(FromNode2());
  proto.mutable_voter_set()->mutable_voters(0)->set_kafka_endpoint(std::string(400, 'a') + ":1");
  ExpectMalformed(proto, "a voter's kafka_endpoint has 402 bytes, the limit is 300");
}

TEST(PeerHelloTest, AVoterOfTheSameClusterIsAccepted) {
  EXPECT_TRUE(CheckHello(FromNode2(), kNode1).ok());
  EXPECT_TRUE(CheckHello(FromNode2(), kNode1, NodeId(2)).ok());
}

void ExpectRefused(const Hello& hello, std::optional<NodeId> dialled, const std::string& why) {
  const absl::Status status = CheckHello(hello, kNode1, dialled);
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
}

TEST(PeerHelloTest, AnotherClusterIsRefused) {
  Hello hello = FromNode2();
  hello.cluster_id = "AAAAAAAAAAAAAAAAAAAAAA";
  ExpectRefused(hello, std::nullopt, "cluster 'AAAAAAAAAAAAAAAAAAAAAA'");
}

TEST(PeerHelloTest, AnotherNodeThanTheOneDialledIsRefused) {
  ExpectRefused(FromNode2(), NodeId(3), "node 2 answered at the address");
}

TEST(PeerHelloTest, WhoMeansAnotherNodeIsRefused) {
  Hello hello = FromNode2();
  hello.expected_node = NodeId(3);
  ExpectRefused(hello, std::nullopt, "expected node 3");
}

TEST(PeerHelloTest, OurOwnIdIsRefused) {
  Hello hello = FromNode2();
  hello.speaker.key.node_id = NodeId(1);
  ExpectRefused(hello, std::nullopt, "another process uses node id 1");
}

TEST(PeerHelloTest, ANodeOutsideTheVoterListIsRefused) {
  Hello hello = FromNode2();
  hello.speaker.key.node_id = NodeId(4);
  hello.speaker.has_log = false;
  ExpectRefused(hello, std::nullopt, "node 4 is not among the voters");
}

TEST(PeerHelloTest, AnObserverOrWhoHasTheLogIsAcceptedWhateverTheList) {
  Hello hello = FromNode2();
  hello.speaker.key.node_id = NodeId(4);
  hello.speaker.has_log = false;
  hello.speaker.observer = true;
  EXPECT_TRUE(CheckHello(hello, kNode1).ok());
  hello.speaker.has_log = true;
  hello.speaker.observer = false;
  EXPECT_TRUE(CheckHello(hello, kNode1).ok());
}

}  // namespace
}  // namespace quorate::server
