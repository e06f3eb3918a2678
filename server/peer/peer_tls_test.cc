// Tests that controllers with certificates find each other, and that both ends refuse a process
// whose certificate names another node.
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "client/tls_channel.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "security/node_uri.h"
#include "security/testing/test_authority.h"
#include "server/peer/peer_certificates.h"
#include "server/peer/testing/peer_test_network.h"
#include "server/testing/hand_made_stream.h"

namespace quorate::server {
namespace {

using security::TestAuthority;
using security::TlsStore;
using ::testing::AllOf;
using ::testing::HasSubstr;

class PeerTlsTest : public PeerNetworkTest {
 protected:
  // Returns a certificate that names this node, or has this URI.
  TlsStore* Certificate(NodeId node) {
    return Certificate(security::ControllerUri(kTestClusterId, node));
  }
  TlsStore* Certificate(const std::string& uri) {
    std::unique_ptr<TlsStore>& store = stores_[uri];
    if (store == nullptr) {
      const auto issued = ca_.Issue({.alternative_names = "URI:" + uri});
      auto opened = TlsStore::Open(
          security::WriteTlsFiles(absl::StrFormat("peer%d", stores_.size()), issued, ca_.pem()),
          security::CertificateUse::kServerAndClient);
      CHECK_OK(opened.status());
      store = *std::move(opened);
    }
    return store.get();
  }
  std::unique_ptr<PeerTestNode> Start(NodeId id, const TlsStore* tls) {
    PeerTestNode::Config config = ConfigOf(id);
    config.tls = tls;
    return std::make_unique<PeerTestNode>(std::move(config));
  }
  HandMadeStream OpenControl(const TlsStore* tls) {
    return {AddressOf(k1), raft::StreamClass::kControl,
            client::MakeChannelCredentials(tls, AcceptController(&identities_, k1))};
  }
  static void ExpectRefused(HandMadeStream& stream, grpc::StatusCode code, const std::string& a,
                            const std::string& b) {
    const grpc::Status status = stream.End();
    EXPECT_EQ(status.error_code(), code);
    EXPECT_THAT(status.error_message(), AllOf(HasSubstr(a), HasSubstr(b)));
  }

  const security::IdentityMap identities_{kTestClusterId};
  TestAuthority ca_;
  std::map<std::string, std::unique_ptr<TlsStore>> stores_;
};

TEST_F(PeerTlsTest, NodesWithTheirCertificatesAreInSession) {
  auto one = Start(k1, Certificate(k1));
  auto two = Start(k2, Certificate(k2));
  AwaitSession(*one, k1, *two, k2);
}

TEST_F(PeerTlsTest, AHelloOfAnotherNodeIsRefused) {
  auto one = Start(k1, Certificate(k1));
  HandMadeStream stream = OpenControl(Certificate(k3));
  stream.Send(HelloFrom(k2, k1));
  ExpectRefused(stream, grpc::StatusCode::UNAUTHENTICATED, "says that it is node 2",
                "/controller/3");
  EXPECT_EQ(one->events().Count("hello 2"), 0u);

  HandMadeStream right = OpenControl(Certificate(k2));
  right.Send(HelloFrom(k2, k1));
  EXPECT_TRUE(right.Receive().has_hello());
}

TEST_F(PeerTlsTest, ABrokerIsRefusedBeforeItsHello) {
  auto one = Start(k1, Certificate(k1));
  const std::string broker = security::BrokerUri(kTestClusterId, BrokerId(1));
  HandMadeStream stream = OpenControl(Certificate(broker));
  ExpectRefused(stream, grpc::StatusCode::PERMISSION_DENIED, "Broker:1 may not call",
                "for the role controller");
}

TEST_F(PeerTlsTest, ANodeWithTheCertificateOfAnotherOneIsNotTakenForIt) {
  auto one = Start(k1, Certificate(k1));
  auto two = Start(k2, Certificate(k3));
  auto three = Start(k3, Certificate(k3));
  // Both directions between 1 and 3 are up, so 2 had the same time.
  AwaitSession(*one, k1, *three, k3);
  EXPECT_EQ(one->events().Count("hello 2"), 0u);
  EXPECT_EQ(one->events().Count("up 2 control"), 0u);
  EXPECT_EQ(two->events().Count("up 1 control"), 0u);
  const auto problem = [&] { return one->transport().Contact(k2).value_or(PeerContact()).problem; };
  const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
  while (problem().find("certificate") == std::string::npos &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_THAT(problem(), AllOf(HasSubstr("node 2 was dialled"), HasSubstr("/controller/3")));
}

TEST_F(PeerTlsTest, ANodeInPlainTextIsRefusedByOneWithTls) {
  auto one = Start(k1, Certificate(k1));
  auto two = Start(k2, nullptr);
  auto three = Start(k3, Certificate(k3));
  AwaitSession(*one, k1, *three, k3);
  EXPECT_EQ(one->events().Count("up 2 control") + two->events().Count("up 1 control"), 0u);
}

}  // namespace
}  // namespace quorate::server
