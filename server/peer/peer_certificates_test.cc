#include "server/peer/peer_certificates.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace quorate::server {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

const char kCluster[] = "8oZ1nHmwQpqYdV0bH5kJXw";
const std::vector<std::string> kOf2 = {"quorate://cluster/8oZ1nHmwQpqYdV0bH5kJXw/controller/2"};
const std::vector<std::string> kOf3 = {"quorate://cluster/8oZ1nHmwQpqYdV0bH5kJXw/controller/3"};
const std::vector<std::string> kOfBroker = {"quorate://cluster/8oZ1nHmwQpqYdV0bH5kJXw/broker/2"};
const std::vector<std::string> kForeign = {"quorate://cluster/AAAAAAAAAAAAAAAAAAAAAA/controller/2"};

TEST(PeerCertificatesTest, ThePeerListenerIsForControllersOfTheCluster) {
  const CallerCheck check = AdmitControllers(kCluster);
  EXPECT_TRUE(check(kOf2).ok());
  EXPECT_TRUE(check(kOf3).ok());
  EXPECT_THAT(check(kOfBroker).message(), AllOf(HasSubstr(kCluster), HasSubstr(kOfBroker[0])));
  EXPECT_THAT(check(kForeign).message(), HasSubstr(kForeign[0]));
  EXPECT_THAT(check({}).message(), HasSubstr("names no URI"));
}

TEST(PeerCertificatesTest, OnlyTheDialledNodeIsAccepted) {
  const client::ServerCheck check = AcceptController(kCluster, NodeId(2));
  EXPECT_TRUE(check({.uris = kOf2}).ok());
  EXPECT_THAT(check({.uris = kOf3}).message(),
              AllOf(HasSubstr("node 2 was dialled"), HasSubstr("names " + kOf3[0]),
                    HasSubstr("not " + kOf2[0])));
  EXPECT_FALSE(check({.uris = kForeign}).ok());
  EXPECT_FALSE(check({.uris = {}}).ok());
}

TEST(PeerCertificatesTest, AHelloCountsIfTheCertificateSaysTheSame) {
  const Hello hello = {.cluster_id = kCluster, .speaker = {.key = {NodeId(2), Uuid()}}};
  EXPECT_TRUE(CheckCertificate(hello, kOf2).ok());
  EXPECT_THAT(CheckCertificate(hello, kOf3).message(),
              AllOf(HasSubstr("says that it is node 2"), HasSubstr("names " + kOf3[0]),
                    HasSubstr("not " + kOf2[0])));
  EXPECT_FALSE(CheckCertificate(hello, kForeign).ok());
  EXPECT_FALSE(CheckCertificate(hello, {}).ok());
}

}  // namespace
}  // namespace quorate::server
