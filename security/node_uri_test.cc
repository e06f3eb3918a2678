// Tests the names of owners in certificates.
#include "security/node_uri.h"

#include <gtest/gtest.h>

#include <string>

namespace quorate::security {
namespace {

const char kCluster[] = "MkU3OEVBNTcwNTJENDM2Qg";
const std::string kBase = "quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/";

TEST(NodeUriTest, EveryOwnerHasAUri) {
  EXPECT_EQ(ControllerUri(kCluster, NodeId(1)), kBase + "controller/1");
  EXPECT_EQ(BrokerUri(kCluster, BrokerId(0)), kBase + "broker/0");
  for (const Role role : kRoles) {
    const Identity owner = IsNode(role) ? Identity{.role = role, .id = 7}
                                        : Identity{.role = role, .name = "maria.b@example-1_x"};
    const std::string uri = UriOf(kCluster, owner);
    EXPECT_EQ(IdentityIn(uri, kCluster), owner) << uri;
    EXPECT_EQ(IdentityIn(uri, "AAAAAAAAAAAAAAAAAAAAAA"), std::nullopt) << uri;
  }
}

TEST(NodeUriTest, IdsAreFrom0ToTheLargestNumber) {
  EXPECT_EQ(IdentityIn(kBase + "broker/0", kCluster), Identity::Broker(BrokerId(0)));
  EXPECT_EQ(IdentityIn(kBase + "controller/2147483647", kCluster),
            Identity::Controller(NodeId(2147483647)));
}

TEST(NodeUriTest, NamesAreBounded) {
  EXPECT_EQ(IdentityIn(kBase + "admin/" + std::string(64, 'x'), kCluster),
            (Identity{.role = Role::kAdmin, .name = std::string(64, 'x')}));
  EXPECT_EQ(IdentityIn(kBase + "admin/" + std::string(65, 'x'), kCluster), std::nullopt);
}

TEST(NodeUriTest, SimilarUrisNameNobody) {
  for (const std::string& uri : {kBase,
                                 kBase + "controller",
                                 kBase + "controller/",
                                 kBase + "controller/x",
                                 kBase + "controller/-1",
                                 kBase + "controller/+1",
                                 kBase + "controller/01",
                                 kBase + "controller/ 1",
                                 kBase + "controller/1/",
                                 kBase + "controller/1/2",
                                 kBase + "controller/99999999999",
                                 kBase + "controller//1",
                                 kBase + "Controller/1",
                                 "Q" + kBase + "controller/1",
                                 " " + kBase + "controller/1",
                                 kBase + "controller/1" + std::string(1, '\0'),
                                 kBase + "admin/",
                                 kBase + "admin/a b",
                                 kBase + "admin/a/b",
                                 kBase + "admin/a\n",
                                 kBase + "admin/ä",
                                 kBase + "admin/a%20b",
                                 kBase + "admin/" + std::string(1, '\0'),
                                 kBase + "root/a",
                                 std::string("quorate://cluster/admin/a"),
                                 std::string()}) {
    EXPECT_EQ(IdentityIn(uri, kCluster), std::nullopt) << uri;
  }
}

}  // namespace
}  // namespace quorate::security
