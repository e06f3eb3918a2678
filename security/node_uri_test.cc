// Tests the names of nodes in certificates.
#include "security/node_uri.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace quorate::security {
namespace {

const char kCluster[] = "MkU3OEVBNTcwNTJENDM2Qg";

TEST(NodeUriTest, Texts) {
  EXPECT_EQ(ControllerUri(kCluster, NodeId(1)),
            "quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/controller/1");
  EXPECT_EQ(BrokerUri(kCluster, BrokerId(0)), "quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/broker/0");
}

TEST(NodeUriTest, ACertificateNamesTheControllersInItsUris) {
  const std::vector<std::string> uris = {"spiffe://other", ControllerUri(kCluster, NodeId(2))};
  EXPECT_TRUE(IsController(uris, kCluster, NodeId(2)));
  EXPECT_FALSE(IsController(uris, kCluster, NodeId(1)));
  EXPECT_FALSE(IsController(uris, kCluster, NodeId(22)));
  EXPECT_FALSE(IsController(uris, "AAAAAAAAAAAAAAAAAAAAAA", NodeId(2)));
  EXPECT_FALSE(IsController({}, kCluster, NodeId(2)));
  EXPECT_TRUE(IsAnyController(uris, kCluster));
  EXPECT_FALSE(IsAnyController(uris, "AAAAAAAAAAAAAAAAAAAAAA"));
}

TEST(NodeUriTest, SimilarUrisNameNoController) {
  const std::string base = "quorate://cluster/MkU3OEVBNTcwNTJENDM2Qg/";
  for (const std::string& uri :
       {base + "broker/1", base + "controller/", base + "controller/x", base + "controller/-1",
        base + "controller/+1", base + "controller/01", base + "controller/1/2",
        base + "controller/99999999999", "Q" + base + "controller/1",
        base + "controller/1" + std::string(1, '\0')}) {
    EXPECT_FALSE(IsAnyController({uri}, kCluster)) << uri;
    EXPECT_FALSE(IsController({uri}, kCluster, NodeId(1))) << uri;
  }
}

TEST(NodeUriTest, TheTextOfUrisIsBoundedAndPrintable) {
  EXPECT_EQ(UrisText({}), "no URI");
  EXPECT_EQ(UrisText({"a://b", "c\n"}), "a://b, c\\n");
  EXPECT_LT(UrisText(std::vector<std::string>(1000, std::string(1000, 'x'))).size(), 600u);
}

}  // namespace
}  // namespace quorate::security
