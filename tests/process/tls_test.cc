// Clusters that use TLS: which callers are admitted, what both ends say when one is refused, and
// certificates that change while the cluster works.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "client/blocking_connection.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "security/node_uri.h"
#include "security/testing/test_authority.h"
#include "tests/harness/cluster.h"
#include "tests/process/refusal.h"

namespace quorate::testing {
namespace {

using security::IssuedCertificate;
using security::ReplaceFile;
using security::TestAuthority;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kUsage = 2;
constexpr int kUnreachable = 3;

std::string Contents(const std::string& path) {
  std::ostringstream contents;
  contents << std::ifstream(path).rdbuf();
  return contents.str();
}

class TlsTest : public ::testing::Test {
 protected:
  // Runs quoratectl against the cluster, with these flags in place of a certificate.
  RunResult Quoratectl(std::vector<std::string> arguments, const std::vector<std::string>& tls) {
    arguments.insert(arguments.begin(), QuoratectlProgram());
    arguments.insert(arguments.end(), tls.begin(), tls.end());
    arguments.push_back("--bootstrap=" + cluster_.Bootstrap());
    arguments.emplace_back("--timeout=2s");
    return quorate::testing::Run(arguments);
  }
  // Writes the files of NAME to the directory of the cluster's certificates.
  void Write(const std::string& name, const IssuedCertificate& issued) const {
    const std::string base = cluster_.CertificateDirectory() + "/" + name;
    ReplaceFile(base + ".pem", issued.cert_pem);
    ReplaceFile(base + "-key.pem", issued.key_pem);
  }
  // Waits until the node has logged at least `count` lines with the text.
  void AwaitLines(int node, const std::string& text, int count) {
    EXPECT_TRUE(WaitFor([&] { return CountOf(cluster_.controller(node).Log(), text) >= count; }))
        << text;
  }
  void AwaitLog(int node, const std::string& text) { AwaitLines(node, text, 1); }

  Cluster cluster_{{.tls = true}};
};

TEST_F(TlsTest, AnAdminWithACertificateIsServed) {
  cluster_.Start();
  const auto admin = cluster_.TlsFlags("admin");
  EXPECT_EQ(Quoratectl({"topics", "create", "t", "--replication-factor=1", "--dry-run"}, admin)
                .status.code,
            1)
      << "no broker, but an answer";
  for (const auto& command : {std::vector<std::string>{"status"},
                              {"health", "check"},
                              {"cluster", "wait", "--ready"},
                              {"debug", "log-level"}}) {
    const RunResult result = Quoratectl(command, admin);
    EXPECT_EQ(result.status.code, 0) << result.errors;
  }
}

TEST_F(TlsTest, OthersAreRefusedWithTheReason) {
  cluster_.Start();
  const std::string directory = cluster_.CertificateDirectory();
  RunResult result = Quoratectl({"status"}, {});
  EXPECT_EQ(result.status.code, kUnreachable);
  EXPECT_THAT(result.errors, HasSubstr("Socket closed in the handshake; if one end uses TLS"));
  AwaitLog(1, "wrong version number");

  // With the cluster's CA, quoratectl itself finds the mistake.
  TestAuthority other("other");
  Write("stranger", other.Issue({.name = "stranger"}));
  std::vector<std::string> stranger = cluster_.TlsFlags("stranger");
  result = Quoratectl({"status"}, stranger);
  EXPECT_EQ(result.status.code, kUsage);
  EXPECT_THAT(result.errors, AllOf(HasSubstr("no CA in --tls-ca"), HasSubstr("stranger.pem")));

  // With a foreign CA, it does not trust the controllers.
  ReplaceFile(directory + "/foreign-ca.pem", other.pem());
  stranger.back() = absl::StrFormat("--tls-ca=%s/foreign-ca.pem", directory);
  result = Quoratectl({"status"}, stranger);
  EXPECT_EQ(result.status.code, kUnreachable);
  EXPECT_THAT(result.errors,
              HasSubstr("certificate verify failed, so the other end's certificate"));

  // With both CAs, it trusts them, but they do not trust it.
  ReplaceFile(directory + "/both-ca.pem", other.pem() + Contents(directory + "/ca.pem"));
  stranger.back() = absl::StrFormat("--tls-ca=%s/both-ca.pem", directory);
  result = Quoratectl({"status"}, stranger);
  EXPECT_EQ(result.status.code, kUnreachable);
  EXPECT_THAT(result.errors, HasSubstr("its certificate was refused"));
  AwaitLog(1, "certificate verify failed");
}

// Makes one call, without a retry.
grpc::Status DescribeCluster(client::BlockingConnection& connection) {
  return connection.Call(
      kPatience, kPatience,
      [&](const std::shared_ptr<grpc::Channel>& channel, grpc::ClientContext* context) {
        admin::v1::DescribeClusterResponse response;
        return admin::v1::AdminService::Stub(channel).DescribeCluster(context, {}, &response);
      });
}

TEST_F(TlsTest, RenewedCertificatesFailNoCall) {
  cluster_.Start();
  const HostPort endpoint = *ParseHostPort(cluster_.ControllerEndpoint(1));
  std::atomic<bool> stop = false;
  std::atomic<int> calls = 0;
  const auto call = [&](bool on_new_connections) {
    auto connection = std::make_unique<client::BlockingConnection>(endpoint, cluster_.tls());
    while (!stop) {
      if (on_new_connections) {
        connection = std::make_unique<client::BlockingConnection>(endpoint, cluster_.tls());
      }
      const grpc::Status status = DescribeCluster(*connection);
      EXPECT_TRUE(status.ok()) << status.error_message();
      if (!status.ok()) return;
      ++calls;
    }
  };
  std::thread reuser(call, false);
  std::thread dialler(call, true);
  for (int round = 1; round <= 2; ++round) {
    cluster_.MakeCertificates({"--renew"});
    for (const int node : {1, 2, 3}) {
      AwaitLines(node, "new connections use the certificate", 1 + round);
    }
    const int before = calls;
    EXPECT_TRUE(WaitFor([&] { return calls > before + 20; }));
  }
  stop = true;
  reuser.join();
  dialler.join();

  // The peers connect with the new certificates too.
  cluster_.controller(2).Kill();
  cluster_.StartController(2);
  cluster_.AwaitReady();
}

TEST_F(TlsTest, ARevokedAdminIsRefused) {
  // Makes a list that revokes a certificate which nobody uses.
  cluster_.MakeCertificates({"--brokers", "1"});
  cluster_.MakeCertificates({"--revoke", "broker-1"});
  const std::string flag = "--tls-crl=" + cluster_.CertificateDirectory() + "/crl.pem";
  for (const int node : {1, 2, 3}) cluster_.StartController(node, {flag});
  cluster_.AwaitReady();
  const auto admin = cluster_.TlsFlags("admin");
  EXPECT_EQ(Quoratectl({"status"}, admin).status.code, 0);
  cluster_.MakeCertificates({"--revoke", "admin"});
  RunResult result;
  EXPECT_TRUE(WaitFor([&] {
    result = Quoratectl({"cluster", "describe"}, admin);
    return result.status.code != 0;
  }));
  EXPECT_THAT(result.errors, AllOf(HasSubstr("CN=admin"), HasSubstr("is revoked since")));
  AwaitLog(1, "is revoked since");
}

TEST_F(TlsTest, UnsuitableCertificatesAreRefusedAtTheStart) {
  const auto error_with = [&](const IssuedCertificate& issued) {
    Write("controller-1", issued);
    return Refusal(cluster_.ControllerCommand(1), kFailed);
  };
  TestAuthority other("other");
  EXPECT_THAT(error_with(other.Issue({.valid_to = -std::chrono::seconds(10)})),
              AllOf(HasSubstr("controller-1.pem' expired at 20"), HasSubstr("renew it")));
  EXPECT_THAT(error_with(other.Issue({})), HasSubstr("vouches for tls-cert"));
  const std::string directory = cluster_.CertificateDirectory();
  EXPECT_THAT(
      error_with({Contents(directory + "/controller-2.pem"),
                  Contents(directory + "/controller-2-key.pem")}),
      AllOf(HasSubstr("names quorate://cluster/" + cluster_.cluster_id() + "/controller/2"),
            HasSubstr("and not quorate://cluster/" + cluster_.cluster_id() + "/controller/1")));
}

TEST(TlsClusterTest, ElectsWritesAndFailsOver) {
  Cluster cluster({.brokers = 2, .tls = true});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  CreateTopic(client, "before", 2, 2);
  const auto described = Must(client.DescribeCluster({}));
  for (const auto& broker : described.brokers()) {
    EXPECT_TRUE(broker.endpoint_verified()) << broker.broker_id();
  }
  cluster.controller(cluster.AwaitActive()).Kill();
  CreateTopic(client, "after", 2, 2);
  EXPECT_THAT(TopicNames(client), ElementsAre("after", "before"));

  // A broker's own view comes through its listener.
  std::vector<std::string> command = {QuoratectlProgram(), "brokers", "view",
                                      "--bootstrap=" + cluster.BrokerEndpoint(1)};
  for (const std::string& flag : cluster.TlsFlags("admin")) command.push_back(flag);
  const RunResult view = quorate::testing::Run(command);
  EXPECT_EQ(view.status.code, 0) << view.errors;

  cluster.broker(2).Kill();
  EXPECT_TRUE(WaitFor([&] {
    const auto now = Must(client.DescribeCluster({}));
    for (const auto& broker : now.brokers()) {
      if (broker.broker_id() == 2 && broker.fenced()) return true;
    }
    return false;
  }));
}

TEST(TlsClusterTest, AControllerOfAnotherCaIsNotLetIn) {
  Cluster cluster({.tls = true});
  const std::string base = cluster.CertificateDirectory() + "/foreign";
  TestAuthority other("other");
  const IssuedCertificate foreign = other.Issue(
      {.name = "controller-3",
       .alternative_names = "URI:" + security::ControllerUri(cluster.cluster_id(), NodeId(3))});
  ReplaceFile(base + ".pem", foreign.cert_pem);
  ReplaceFile(base + "-key.pem", foreign.key_pem);
  ReplaceFile(base + "-ca.pem", other.pem());
  for (const int node : {1, 2}) cluster.StartController(node);
  cluster.StartController(
      3, {"--peer-tls-cert=" + base + ".pem", "--peer-tls-key=" + base + "-key.pem",
          "--peer-tls-ca=" + base + "-ca.pem"});
  for (const int node : {1, 3}) {
    EXPECT_TRUE(WaitFor([&] {
      return cluster.controller(node).Log().find("certificate verify failed") != std::string::npos;
    })) << cluster.controller(node).Log();
  }
  // The founders meet only once 3 has a certificate that counts.
  cluster.controller(3).Kill();
  cluster.StartController(3);
  cluster.AwaitReady();
}

}  // namespace
}  // namespace quorate::testing
