// Who may call what: every method of every service, with a certificate of every role, on every port
// of a cluster of real processes with TLS.
#include <gmock/gmock.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "client/channel.h"
#include "client/log_follower.h"
#include "client/status_mapping.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"
#include "security/testing/test_authority.h"
#include "server/security/access_table.h"
#include "tests/harness/cluster.h"
#include "tests/process/refusal.h"

namespace quorate::testing {
namespace {

using security::Role;
using security::TestAuthority;
using security::TlsStore;
using server::Access;
using server::Port;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kRefused = 1;  // by quoratectl

// Calls the method with a message that does not parse, and returns the status: CANCELLED or OK if
// the method answers.
grpc::Status CallWithGarbage(const std::shared_ptr<grpc::Channel>& channel,
                             const std::string& path) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  grpc::CompletionQueue queue;
  const auto await = [&queue] {
    void* tag = nullptr;
    bool ok = false;
    CHECK(queue.Next(&tag, &ok));
    return ok;
  };
  const std::unique_ptr<grpc::GenericClientAsyncReaderWriter> call =
      stub.PrepareCall(&context, path, &queue);
  call->StartCall(nullptr);
  await();
  const grpc::Slice garbage("\xff\xff\xff");
  call->WriteLast(grpc::ByteBuffer(&garbage, 1), grpc::WriteOptions(), nullptr);
  await();
  grpc::ByteBuffer answer;
  call->Read(&answer, nullptr);
  if (await()) context.TryCancel();
  grpc::Status status;
  call->Finish(&status, nullptr);
  await();
  return status;
}

std::string Contents(const std::string& path) {
  std::ostringstream contents;
  contents << std::ifstream(path).rdbuf();
  return contents.str();
}

class AccessTest : public ::testing::Test {
 protected:
  AccessTest() {
    // A second CA issues what make-certificates.sh does not.
    const std::string ca = cluster_.CertificateDirectory() + "/ca.pem";
    security::ReplaceFile(ca, Contents(ca) + other_ca_.pem());
    cluster_.Start();
  }

  // Returns the certificate NAME of the cluster's directory.
  std::unique_ptr<TlsStore> Certificate(const std::string& name) {
    const std::string base = cluster_.CertificateDirectory() + "/" + name;
    auto store = TlsStore::Open({.cert = base + ".pem",
                                 .key = base + "-key.pem",
                                 .ca = cluster_.CertificateDirectory() + "/ca.pem"},
                                security::CertificateUse::kClient);
    CHECK_OK(store.status());
    return *std::move(store);
  }
  // Issues the certificate NAME with these alternative names.
  void Issue(const std::string& name, const std::string& alternative_names) {
    const security::IssuedCertificate issued =
        other_ca_.Issue({.name = name, .alternative_names = alternative_names});
    const std::string base = cluster_.CertificateDirectory() + "/" + name;
    security::ReplaceFile(base + ".pem", issued.cert_pem);
    security::ReplaceFile(base + "-key.pem", issued.key_pem);
  }
  // Gives the certificate NAME to another name.
  void Copy(const std::string& name, const std::string& other) const {
    for (const char* suffix : {"-key.pem", ".pem"}) {
      const std::string base = cluster_.CertificateDirectory() + "/";
      security::ReplaceFile(base + other + suffix, Contents(base + name + suffix));
    }
  }
  std::string EndpointOf(Port port) const {
    switch (port) {
      case Port::kClient:
        return cluster_.ControllerEndpoint(1);
      case Port::kPeer:
        return cluster_.PeerEndpoint(1);
      case Port::kBroker:
        return cluster_.BrokerEndpoint(1);
    }
    LOG(FATAL) << "no such port";
  }
  // Calls every method of the table on every port, and expects what `expected` returns.
  template <typename Expected>
  void CallEverything(const std::string& certificate, Expected expected) {
    const std::unique_ptr<TlsStore> tls = Certificate(certificate);
    for (const Port port : server::kPorts) {
      const auto channel = client::MakeChannel(*ParseHostPort(EndpointOf(port)), tls.get());
      for (const server::AccessRow& row : server::AccessTable()) {
        const grpc::Status status = CallWithGarbage(channel, std::string(row.path));
        SCOPED_TRACE(absl::StrCat(certificate, " calls ", std::string(row.path), " on the ",
                                  NameOf(port), " port: ", status.error_code(), " ",
                                  status.error_message()));
        switch (expected(row, port)) {
          case Access::kAllowed:
            EXPECT_NE(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
            EXPECT_NE(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
            EXPECT_NE(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
            EXPECT_NE(status.error_code(), grpc::StatusCode::UNAVAILABLE);
            EXPECT_NE(status.error_code(), grpc::StatusCode::DEADLINE_EXCEEDED);
            break;
          case Access::kDenied:
            EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
            break;
          case Access::kNotServed:
            EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
            break;
        }
      }
    }
  }
  RunResult Quoratectl(const std::string& certificate, std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), QuoratectlProgram());
    for (const std::string& flag : cluster_.TlsFlags(certificate)) arguments.push_back(flag);
    arguments.push_back("--bootstrap=" + cluster_.Bootstrap());
    return quorate::testing::Run(arguments);
  }

  // Returns "PRINCIPAL METHOD RESOURCE" of each record of the audit log with this outcome.
  std::vector<std::string> Audited(const std::string& outcome, bool has_address) {
    const RunResult result =
        Quoratectl("admin", {"audit", "--refused", "--limit=10000", "--output=json"});
    EXPECT_EQ(result.status.code, 0) << result.errors;
    std::vector<std::string> lines;
    const auto audit = nlohmann::json::parse(result.output);
    for (const auto& record : audit["records"]) {
      if (record["outcome"] != outcome) continue;
      EXPECT_EQ(record["caller"] != "", has_address) << record;
      const std::string method = record["method"];
      lines.push_back(absl::StrCat(record["principal"].get<std::string>(), " ",
                                   method.substr(method.rfind('/') + 1), " ",
                                   record["resource"].get<std::string>()));
    }
    return lines;
  }

  Cluster cluster_{{.controllers = 1, .brokers = 1, .tls = true}};
  TestAuthority other_ca_{"other CA"};
};

TEST_F(AccessTest, EveryCallIsForTheRolesOfTheTable) {
  const std::map<std::string, Role> roles = {{"controller-1", Role::kController},
                                             {"broker-1", Role::kBroker},
                                             {"admin", Role::kAdmin},
                                             {"operator", Role::kOperator},
                                             {"reader", Role::kReader}};
  ASSERT_EQ(roles.size(), std::size(security::kRoles));
  for (const auto& [certificate, role] : roles) {
    CallEverything(certificate, [role = role](const server::AccessRow& row, Port port) {
      return AccessOf(&row, port, role);
    });
  }
}

TEST_F(AccessTest, ACertificateWithoutARoleInThisClusterMayCallNothing) {
  const auto nothing = [](const server::AccessRow&, Port) { return Access::kDenied; };
  Issue("nobody", "DNS:localhost");
  CallEverything("nobody", nothing);
  Issue("foreign", "URI:quorate://cluster/AAAAAAAAAAAAAAAAAAAAAA/admin/maria");
  CallEverything("foreign", nothing);
  Issue("both", absl::StrCat("URI:quorate://cluster/", cluster_.cluster_id(),
                             "/admin/maria,URI:quorate://cluster/", cluster_.cluster_id(),
                             "/reader/maria"));
  CallEverything("both", nothing);

  const RunResult result = Quoratectl("foreign", {"topics", "list"});
  EXPECT_EQ(result.status.code, kRefused);
  EXPECT_THAT(result.errors, AllOf(HasSubstr("CLUSTER_AUTHORIZATION_FAILED"),
                                   HasSubstr("names quorate://cluster/AAAAAAAAAAAAAAAAAAAAAA"),
                                   HasSubstr("gives no role in cluster " + cluster_.cluster_id())));
}

TEST_F(AccessTest, EachRoleWorksWithItsCommands) {
  EXPECT_EQ(Quoratectl("reader", {"status"}).status.code, 0);
  RunResult result = Quoratectl("reader", {"topics", "create", "t", "--replication-factor=1"});
  EXPECT_EQ(result.status.code, kRefused);
  EXPECT_THAT(result.errors, AllOf(HasSubstr("User:reader/reader may not call"),
                                   HasSubstr("AdminService/CreateTopics"),
                                   HasSubstr("the role admin or operator")));

  result = Quoratectl("operator", {"topics", "create", "t", "--replication-factor=1"});
  EXPECT_EQ(result.status.code, 0) << result.errors;
  result = Quoratectl("operator", {"topics", "delete", "t"});
  EXPECT_EQ(result.status.code, kRefused);
  EXPECT_THAT(result.errors, HasSubstr("User:operator/operator may not call"));
  result = Quoratectl("admin", {"topics", "delete", "t"});
  EXPECT_EQ(result.status.code, 0) << result.errors;

  EXPECT_TRUE(WaitFor([&] {
    return cluster_.controller(1).Log().find("refused a call: User:") != std::string::npos;
  }));
  const RunResult metrics = Quoratectl("reader", {"debug", "metrics"});
  EXPECT_THAT(metrics.output, HasSubstr("quorate_tls_refused_calls_total{reason=\"role\"} 2"));
  // gRPC refuses them before it knows the address.
  EXPECT_THAT(
      Audited("PERMISSION_DENIED", /*has_address=*/false),
      ElementsAre("User:reader/reader CreateTopics ", "User:operator/operator DeleteTopics "));
  EXPECT_THAT(Quoratectl("admin", {"audit"}).output,
              ContainsRegex("User:reader/reader +- +CreateTopics +- +PERMISSION_DENIED"));
}

// Returns the error that ends a call.
common::v1::Error ErrorOf(const grpc::Status& status) {
  if (status.ok()) return {};
  return client::ErrorFromStatus(status);
}

TEST_F(AccessTest, ABrokerSpeaksOnlyForItself) {
  cluster_.MakeCertificates({"--brokers", "2"});
  const std::unique_ptr<TlsStore> tls = Certificate("broker-2");
  const auto channel =
      client::MakeChannel(*ParseHostPort(cluster_.ControllerEndpoint(1)), tls.get());
  const auto expect_refused = [](const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
    EXPECT_EQ(ErrorOf(status).code(), common::v1::CLUSTER_AUTHORIZATION_FAILED);
    EXPECT_THAT(status.error_message(), HasSubstr("Broker:2 may not speak for broker 1"));
  };
  // Makes a unary call about broker 1 and then about broker 2.
  const auto call_for_both = [&](auto method, auto request, auto response) {
    const auto call = [&](int broker) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kPatience);
      request.set_broker_id(broker);
      broker::v1::BrokerService::Stub stub(channel);
      return (stub.*method)(&context, request, &response);
    };
    expect_refused(call(1));
    EXPECT_NE(call(2).error_code(), grpc::StatusCode::PERMISSION_DENIED);
  };
  using Stub = broker::v1::BrokerService::Stub;
  call_for_both(&Stub::RegisterBroker, broker::v1::RegisterBrokerRequest(),
                broker::v1::RegisterBrokerResponse());
  call_for_both(&Stub::AlterPartition, broker::v1::AlterPartitionRequest(),
                broker::v1::AlterPartitionResponse());
  call_for_both(&Stub::AllocateProducerIds, broker::v1::AllocateProducerIdsRequest(),
                broker::v1::AllocateProducerIdsResponse());
  call_for_both(&Stub::AssignReplicasToDirs, broker::v1::AssignReplicasToDirsRequest(),
                broker::v1::AssignReplicasToDirsResponse());
  call_for_both(&Stub::ReportRoles, broker::v1::ReportRolesRequest(),
                broker::v1::ReportRolesResponse());

  const auto heartbeat = [&](int broker) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    Stub stub(channel);
    const auto stream = stub.Heartbeat(&context);
    broker::v1::HeartbeatRequest request;
    request.set_broker_id(broker);
    stream->Write(request);
    stream->WritesDone();
    broker::v1::HeartbeatResponse response;
    while (stream->Read(&response)) {
    }
    return stream->Finish();
  };
  expect_refused(heartbeat(1));
  EXPECT_EQ(ErrorOf(heartbeat(2)).code(), common::v1::BROKER_ID_NOT_REGISTERED);

  const auto subscribe = [&](const std::string& name) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    metadata::v1::MetadataService::Stub stub(channel);
    metadata::v1::SubscribeRequest request;
    request.set_cluster_id(cluster_.cluster_id());
    request.set_subscriber(name);
    const auto stream = stub.Subscribe(&context, request);
    metadata::v1::SubscribeResponse response;
    if (stream->Read(&response)) context.TryCancel();
    return stream->Finish();
  };
  expect_refused(subscribe("broker-1"));
  EXPECT_EQ(subscribe("broker-2").error_code(), grpc::StatusCode::CANCELLED);
  EXPECT_THAT(Audited("CLUSTER_AUTHORIZATION_FAILED", /*has_address=*/true),
              ElementsAre("Broker:2 RegisterBroker broker:1", StartsWith("Broker:2 AlterPartition"),
                          "Broker:2 AllocateProducerIds producer_ids (broker 1)",
                          "Broker:2 AssignReplicasToDirs log directories of replicas:0 (broker 1)",
                          "Broker:2 ReportRoles broker:1", "Broker:2 Heartbeat broker:1",
                          "Broker:2 Subscribe broker:1"));
}

TEST_F(AccessTest, ABrokerWithTheCertificateOfAnotherOneIsNotLetIn) {
  cluster_.MakeCertificates({"--brokers", "2"});
  cluster_.broker(1).Kill();
  Copy("broker-1", "right");
  Copy("broker-2", "broker-1");
  cluster_.StartBroker(1);
  EXPECT_TRUE(WaitFor([&] {
    return cluster_.broker(1).Log().find("Broker:2 may not speak for broker 1") !=
           std::string::npos;
  })) << cluster_.broker(1).Log();
  // It goes on trying, so the right files let it in without a restart.
  Copy("right", "broker-1");
  cluster_.AwaitUnfencedBrokers(1);
}

TEST_F(AccessTest, TheLogNamesThePrincipalOfEachChange) {
  ASSERT_EQ(Quoratectl("operator", {"topics", "create", "t", "--replication-factor=1"}).status.code,
            0);
  std::map<std::string, std::string> principals;  // by cause
  const std::unique_ptr<TlsStore> tls = Certificate("reader");
  client::CallerOptions options = {.endpoints = {*ParseHostPort(cluster_.ControllerEndpoint(1))}};
  options.tls = tls.get();
  options.timeout = kPatience;
  client::LogFollower follower(options, cluster_.cluster_id(), {});
  const auto failure = follower.Follow([&](const metadata::v1::Batch& batch) {
    principals[batch.cause()] = batch.principal();
    return batch.cause() != "CreateTopics t";
  });
  EXPECT_FALSE(failure.has_value()) << failure->ToString();
  EXPECT_EQ(principals["register broker 1"], "Broker:1");
  EXPECT_EQ(principals["unfence broker 1"], "Broker:1");
  EXPECT_EQ(principals["CreateTopics t"], "User:operator/operator");
}

TEST_F(AccessTest, TheRolesFileGivesRolesAndIsReadAgainWhenItChanges) {
  const std::string file = cluster_.directory() + "/roles";
  security::ReplaceFile(file, "# nobody yet\n");
  for (Process* process : {&cluster_.controller(1), &cluster_.broker(1)}) process->Kill();
  cluster_.StartController(1, {"--roles-file=" + file});
  cluster_.AwaitReady();
  Issue("corporate", "DNS:localhost,IP:127.0.0.1,URI:spiffe://corp/kafka/1");
  const auto list = [&] { return Quoratectl("corporate", {"topics", "list"}); };
  EXPECT_EQ(list().status.code, kRefused);

  security::ReplaceFile(file, "reader CN=corporate\n");
  EXPECT_TRUE(WaitFor([&] { return list().status.code == 0; }));
  EXPECT_THAT(Quoratectl("corporate", {"topics", "delete", "t"}).errors,
              HasSubstr("User:reader/CN=corporate may not call"));

  // A bad edit changes nothing.
  security::ReplaceFile(file, "admin CN=corporate\nroot CN=other\n");
  EXPECT_TRUE(WaitFor([&] {
    return cluster_.controller(1).Log().find("roles', line 2: 'root' is not a role") !=
           std::string::npos;
  })) << cluster_.controller(1).Log();
  EXPECT_EQ(list().status.code, 0);
  EXPECT_EQ(Quoratectl("corporate", {"topics", "delete", "t"}).status.code, kRefused);

  // Certificates of nodes may be in the file, too.
  security::ReplaceFile(file, "broker 1 URI:spiffe://corp/kafka/1\n");
  EXPECT_TRUE(WaitFor([&] { return list().status.code == kRefused; }));
  Copy("corporate", "broker-1");
  cluster_.StartBroker(1);
  cluster_.AwaitUnfencedBrokers(1);
  EXPECT_THAT(cluster_.broker(1).Log(), HasSubstr("broker-1.pem' names spiffe://corp/kafka/1 and "
                                                  "not quorate://cluster/"));
}

TEST_F(AccessTest, ABadRolesFileIsRefusedAtTheStart) {
  const std::string file = cluster_.directory() + "/roles";
  security::ReplaceFile(file, "broker CN=x\n");
  cluster_.controller(1).Kill();
  cluster_.broker(1).Kill();
  for (const std::vector<std::string>& command :
       {cluster_.ControllerCommand(1), cluster_.BrokerCommand(1)}) {
    EXPECT_THAT(Refusal(With(command, "--roles-file=" + file), kFailed),
                AllOf(HasSubstr("/roles', line 1: 'CN=x' is not the id of a broker")));
  }
}

}  // namespace
}  // namespace quorate::testing
