// The voter set that raft/ encodes by hand has the same bytes as the protobuf message of that name.
#include "raft/api/voter_set.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "quorate/raft/v1/raft_service.pb.h"

namespace quorate {
namespace {

raft::Voter MakeVoter(int32_t node_id, char fill, std::string peer, std::string client = "",
                      std::string kafka = "") {
  return {.key = {.node_id = NodeId(node_id),
                  .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, fill))},
          .peer_endpoint = std::move(peer),
          .client_endpoint = std::move(client),
          .kafka_endpoint = std::move(kafka)};
}

TEST(VoterSetGoldenTest, EncodesAsProtobufDoes) {
  const std::vector<std::vector<raft::Voter>> sets = {
      {},
      {MakeVoter(0, '\0', "")},
      {MakeVoter(1, 'a', "controller-1:9093"), MakeVoter(2, 'b', "[::1]:9093"),
       MakeVoter(3, 'c', "")},
      {MakeVoter(127, 'x', std::string(200, 'h')), MakeVoter(128, 'y', "h:1"),
       MakeVoter(2147483647, 'z', "h:2")},
      {MakeVoter(1, 'a', "h:1", "h:2", "h:3"), MakeVoter(2, 'b', "h:1", "", "h:3"),
       MakeVoter(3, 'c', "", std::string(300, 'h'), ""), MakeVoter(4, 'd', "", "h:2")},
  };
  for (const std::vector<raft::Voter>& voters : sets) {
    raft::v1::VoterSet message;
    for (const raft::Voter& voter : voters) {
      raft::v1::Voter* field = message.add_voters();
      field->set_node_id(voter.key.node_id.value());
      field->set_directory_id(std::string(voter.key.directory_id.bytes()));
      field->set_peer_endpoint(voter.peer_endpoint);
      field->set_client_endpoint(voter.client_endpoint);
      field->set_kafka_endpoint(voter.kafka_endpoint);
    }
    const raft::VoterSet set(voters);
    EXPECT_EQ(set.Encode(), message.SerializeAsString());
    EXPECT_EQ(*raft::VoterSet::Parse(message.SerializeAsString()), set);
  }
}

}  // namespace
}  // namespace quorate
