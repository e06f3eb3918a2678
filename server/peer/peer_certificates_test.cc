#include "server/peer/peer_certificates.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace quorate::server {
namespace {

using security::CertificateNames;
using ::testing::AllOf;
using ::testing::HasSubstr;

const char kCluster[] = "8oZ1nHmwQpqYdV0bH5kJXw";
const security::IdentityMap kIdentities(kCluster);
const CertificateNames kOf2 = {.uris = {"quorate://cluster/8oZ1nHmwQpqYdV0bH5kJXw/controller/2"}};
const CertificateNames kOf3 = {.uris = {"quorate://cluster/8oZ1nHmwQpqYdV0bH5kJXw/controller/3"}};
const CertificateNames kOfBroker2 = {.uris = {"quorate://cluster/8oZ1nHmwQpqYdV0bH5kJXw/broker/2"}};
const CertificateNames kForeign = {
    .uris = {"quorate://cluster/AAAAAAAAAAAAAAAAAAAAAA/controller/2"}};

TEST(PeerCertificatesTest, OnlyTheDialledNodeIsAccepted) {
  const client::ServerCheck check = AcceptController(&kIdentities, NodeId(2));
  EXPECT_TRUE(check({.names = kOf2}).ok());
  EXPECT_THAT(check({.names = kOf3}).message(),
              AllOf(HasSubstr("node 2 was dialled"), HasSubstr("names " + kOf3.uris[0]),
                    HasSubstr("not " + kOf2.uris[0])));
  EXPECT_FALSE(check({.names = kForeign}).ok());
  EXPECT_FALSE(check({.names = kOfBroker2}).ok());
  EXPECT_FALSE(check({}).ok());
}

TEST(PeerCertificatesTest, AHelloCountsIfTheCertificateSaysTheSame) {
  const Hello hello = {.cluster_id = kCluster, .speaker = {.key = {NodeId(2), Uuid()}}};
  EXPECT_TRUE(CheckCertificate(hello, kOf2, kIdentities).ok());
  EXPECT_THAT(CheckCertificate(hello, kOf3, kIdentities).message(),
              AllOf(HasSubstr("says that it is node 2"), HasSubstr("names " + kOf3.uris[0]),
                    HasSubstr("not " + kOf2.uris[0])));
  EXPECT_FALSE(CheckCertificate(hello, kForeign, kIdentities).ok());
  EXPECT_FALSE(CheckCertificate(hello, {}, kIdentities).ok());
}

}  // namespace
}  // namespace quorate::server
