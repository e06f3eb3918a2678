// Tests which clients and servers refuse each other, with real connections, and how changed
// certificates take effect.
#include "server/security/server_credentials.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/check.h"
#include "base/event_loop.h"
#include "client/channel.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "quorate/admin/v1/admin_service.grpc.pb.h"
#include "security/testing/test_authority.h"
#include "server/calls/listener.h"
#include "storage/testing/temp_dir.h"

namespace quorate::server {
namespace {

using security::CertificateUse;
using security::IssuedCertificate;
using security::ReplaceFile;
using security::TestAuthority;
using security::TlsFiles;
using security::TlsStore;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;

constexpr std::chrono::seconds kPatience{60};
const char kCluster[] = "MkU3OEVBNTcwNTJENDM2Qg";
// The alternative names of a caller that may call everything here.
const std::string kAdminNames =
    std::string("DNS:localhost,URI:quorate://cluster/") + kCluster + "/admin/maria";
const std::string kBrokerNames =
    std::string("DNS:localhost,URI:quorate://cluster/") + kCluster + "/broker/1";

std::unique_ptr<TlsStore> Open(const TlsFiles& files) {
  auto store = TlsStore::Open(files, CertificateUse::kClient);
  CHECK_OK(store.status());
  return *std::move(store);
}

grpc::Status Call(const std::shared_ptr<grpc::Channel>& channel) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  grpc::health::v1::HealthCheckResponse response;
  return grpc::health::v1::Health::NewStub(channel)->Check(&context, {}, &response);
}

grpc::Status CallPath(const std::shared_ptr<grpc::Channel>& channel, const std::string& path) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(channel);
  const auto call = stub.PrepareUnaryCall(&context, path, grpc::ByteBuffer(), &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  CHECK(queue.Next(&tag, &ok));
  return status;
}

class ServerCredentialsTest : public testing::Test {
 protected:
  ~ServerCredentialsTest() override {
    if (listener_.server != nullptr) Close(listener_, std::chrono::seconds(1));
    audit_loop_.Stop();
  }

  TlsFiles Write(const std::string& name, const IssuedCertificate& issued) {
    TlsFiles files = security::WriteTlsFiles(name, issued, ca_.pem());
    return files;
  }
  void Start(Port port = Port::kClient) {
    auto listener = OpenClientListener(
        {"127.0.0.1", 0}, "client-listen",
        MakeServerCredentials(server_tls_.get(), port, &access_, &audit_log_), {});
    CHECK_OK(listener.status());
    listener_ = *std::move(listener);
  }
  std::shared_ptr<grpc::Channel> Dial(const TlsStore* tls, const std::string& host = "127.0.0.1") {
    return client::MakeChannel({host, listener_.port}, tls);
  }

  // Returns "PRINCIPAL METHOD OUTCOME" for each record of the audit log, the oldest first, with
  // "xCOUNT" if it stands for several calls.
  std::vector<std::string> Recorded() {
    std::promise<std::vector<std::string>> recorded;
    audit_log_.Flush([] {});
    audit_log_.List({}, [&recorded](const audit::AuditLog::Page& page) {
      CHECK_OK(page.status());
      std::vector<std::string> lines;
      for (const audit::v1::AuditRecord& record : page->records()) {
        EXPECT_EQ(record.caller(), "");
        lines.insert(lines.begin(),
                     absl::StrCat(record.principal(), " ", record.method(), " ", record.outcome()));
        if (record.count() > 1) absl::StrAppend(&lines.front(), " x", record.count());
      }
      recorded.set_value(std::move(lines));
    });
    return recorded.get_future().get();
  }

  TestAuthority ca_;
  const SystemClock clock_;
  const security::IdentityMap identities_{kCluster};
  AccessControl access_{&identities_, &clock_};
  const storage::TempDir audit_directory_;
  EventLoop audit_loop_{"audit", /*max_external=*/1000};
  audit::AuditLog audit_log_{
      {.files = {.directory = audit_directory_.path(), .max_file_bytes = 1 << 20, .max_files = 2}},
      &audit_loop_,
      &clock_};
  TlsFiles server_files_ = Write("server", ca_.Issue({.name = "server"}));
  std::unique_ptr<TlsStore> server_tls_ = Open(server_files_);
  const std::unique_ptr<TlsStore> client_tls_ = Open(
      Write("client",
            ca_.Issue({.name = "admin", .alternative_names = kAdminNames, .uses = "clientAuth"})));
  Listener listener_;
};

TEST_F(ServerCredentialsTest, BothEndsAcceptEachOther) {
  Start();
  const grpc::Status status = Call(Dial(client_tls_.get()));
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(ServerCredentialsTest, WithoutCertificatesBothEndsArePlainText) {
  server_tls_ = nullptr;
  Start();
  EXPECT_TRUE(Call(Dial(nullptr)).ok());
}

TEST_F(ServerCredentialsTest, AClientWithoutACertificateIsRefused) {
  Start();
  EXPECT_FALSE(Call(Dial(nullptr)).ok()) << "plain text";
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca_.pem();
  EXPECT_FALSE(Call(grpc::CreateChannel("127.0.0.1:" + std::to_string(listener_.port),
                                        grpc::SslCredentials(options)))
                   .ok());
}

TEST_F(ServerCredentialsTest, AClientOfAnotherCaIsRefused) {
  Start();
  TestAuthority other("other");
  TlsFiles files = security::WriteTlsFiles(
      "stranger", other.Issue({.name = "stranger", .alternative_names = kAdminNames}),
      // Trusts the server, which is not enough.
      other.pem() + ca_.pem());
  EXPECT_FALSE(Call(Dial(Open(files).get())).ok());
}

TEST_F(ServerCredentialsTest, AnExpiredClientIsRefused) {
  Start();
  const IssuedCertificate old = ca_.Issue(
      {.name = "old", .alternative_names = kAdminNames, .valid_to = -std::chrono::seconds(10)});
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = ca_.pem();
  options.pem_private_key = old.key_pem;
  options.pem_cert_chain = old.cert_pem;
  EXPECT_FALSE(Call(grpc::CreateChannel("127.0.0.1:" + std::to_string(listener_.port),
                                        grpc::SslCredentials(options)))
                   .ok());
}

TEST_F(ServerCredentialsTest, AServerOfAnotherCaIsRefused) {
  Start();
  TestAuthority other("other");
  const grpc::Status status =
      Call(Dial(Open(security::WriteTlsFiles("other", other.Issue({}), other.pem())).get()));
  EXPECT_THAT(status.error_message(), HasSubstr("certificate verify failed"));
}

TEST_F(ServerCredentialsTest, AServerOfAnotherHostIsRefusedWithItsNames) {
  server_tls_ =
      Open(Write("elsewhere", ca_.Issue({.name = "elsewhere", .alternative_names = "DNS:host-9"})));
  Start();
  EXPECT_THAT(Call(Dial(client_tls_.get())).error_message(),
              AllOf(HasSubstr("'CN=elsewhere' is for DNS:host-9"), HasSubstr("'127.0.0.1'")));
}

TEST_F(ServerCredentialsTest, ARevokedServerIsRefused) {
  const IssuedCertificate revoked = ca_.Issue({.name = "revoked"});
  server_tls_ = Open(Write("revoked", revoked));
  Start();
  TlsFiles files = Write("careful", ca_.Issue({}));
  files.crl = security::TestDirectory() + "/careful.crl";
  ReplaceFile(files.crl, ca_.Revoke({revoked}));
  EXPECT_THAT(Call(Dial(Open(files).get())).error_message(),
              AllOf(HasSubstr("'CN=revoked'"), HasSubstr("is revoked")));
}

TEST_F(ServerCredentialsTest, NewConnectionsGetTheNewCertificateAndOldOnesStay) {
  Start();
  const std::shared_ptr<grpc::Channel> open = Dial(client_tls_.get());
  ASSERT_TRUE(Call(open).ok());

  Write("server", ca_.Issue({.name = "next", .alternative_names = "DNS:localhost"}));
  const auto refreshed = server_tls_->Refresh();
  ASSERT_TRUE(refreshed && refreshed->ok());
  EXPECT_TRUE(Call(open).ok());
  EXPECT_THAT(Call(Dial(client_tls_.get())).error_message(),
              HasSubstr("'CN=next' is for DNS:localhost"));
  EXPECT_TRUE(Call(Dial(client_tls_.get(), "localhost")).ok());
}

TEST_F(ServerCredentialsTest, ClientsOfANewCaAreAccepted) {
  Start();
  TestAuthority next("next CA");
  const TlsFiles files = security::WriteTlsFiles(
      "next", next.Issue({.alternative_names = kAdminNames}), next.pem() + ca_.pem());
  const std::unique_ptr<TlsStore> of_next = Open(files);
  EXPECT_FALSE(Call(Dial(of_next.get())).ok());
  ReplaceFile(server_files_.ca, ca_.pem() + next.pem());
  ASSERT_TRUE(server_tls_->Refresh()->ok());
  EXPECT_TRUE(Call(Dial(of_next.get())).ok());
  EXPECT_TRUE(Call(Dial(client_tls_.get())).ok());
}

TEST_F(ServerCredentialsTest, UnsuitableFilesChangeNothing) {
  Start();
  ReplaceFile(server_files_.key, "nothing");
  ASSERT_FALSE(server_tls_->Refresh()->ok());
  EXPECT_TRUE(Call(Dial(client_tls_.get())).ok());
}

TEST_F(ServerCredentialsTest, ARevokedClientIsRefusedAlsoOnAnOpenConnection) {
  const IssuedCertificate stolen = ca_.Issue({.name = "stolen", .alternative_names = kAdminNames});
  server_files_.crl = security::TestDirectory() + "/server.crl";
  ReplaceFile(server_files_.crl, ca_.Revoke({}));
  server_tls_ = Open(server_files_);
  Start();
  const std::unique_ptr<TlsStore> stolen_tls = Open(Write("stolen", stolen));
  const std::shared_ptr<grpc::Channel> open = Dial(stolen_tls.get());
  ASSERT_TRUE(Call(open).ok());

  ReplaceFile(server_files_.crl, ca_.Revoke({stolen}));
  ASSERT_TRUE(server_tls_->Refresh()->ok());
  for (const std::shared_ptr<grpc::Channel>& channel : {open, Dial(stolen_tls.get())}) {
    const grpc::Status status = Call(channel);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_THAT(status.error_message(),
                AllOf(HasSubstr("'CN=stolen'"), HasSubstr("is revoked since 20")));
  }
  EXPECT_EQ(access_.refused().count(security::RefusalReason::kRevoked).value(), 2u);
  EXPECT_TRUE(Call(Dial(client_tls_.get())).ok());
}

TEST_F(ServerCredentialsTest, ACallerWithoutARoleIsRefused) {
  Start();
  const std::unique_ptr<TlsStore> nobody = Open(Write("nobody", ca_.Issue({.name = "nobody"})));
  const grpc::Status status = Call(Dial(nobody.get()));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("'CN=nobody' names no URI"));
}

TEST_F(ServerCredentialsTest, ACallIsCheckedAgainstTheRoleAndThePort) {
  Start();
  const auto broker = Open(Write("broker", ca_.Issue({.alternative_names = kBrokerNames})));
  const std::shared_ptr<grpc::Channel> channel = Dial(broker.get());
  EXPECT_TRUE(Call(channel).ok());
  const auto create_topics = [](const std::shared_ptr<grpc::Channel>& on) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    admin::v1::CreateTopicsResponse response;
    return admin::v1::AdminService::NewStub(on)->CreateTopics(&context, {}, &response);
  };
  const grpc::Status denied = create_topics(channel);
  EXPECT_EQ(denied.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(denied.error_message(),
              AllOf(HasSubstr("Broker:1 may not call"), HasSubstr("AdminService/CreateTopics"),
                    HasSubstr("admin or operator")));
  // The check lets it through, and this server does not have the service.
  EXPECT_EQ(create_topics(Dial(client_tls_.get())).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(access_.refused().count(security::RefusalReason::kNotServed).value(), 0u);
}

TEST_F(ServerCredentialsTest, ACallOfAnotherPortIsUnimplemented) {
  Start(Port::kBroker);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + kPatience);
  admin::v1::ListTopicsResponse response;
  const grpc::Status status = admin::v1::AdminService::NewStub(Dial(client_tls_.get()))
                                  ->ListTopics(&context, {}, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_EQ(access_.refused().count(security::RefusalReason::kNotServed).value(), 1u);
}

TEST_F(ServerCredentialsTest, TheAuditLogRecordsWhatTheCertificateDoesNotAllow) {
  const IssuedCertificate stolen = ca_.Issue({.name = "stolen", .alternative_names = kAdminNames});
  server_files_.crl = security::TestDirectory() + "/server.crl";
  ReplaceFile(server_files_.crl, ca_.Revoke({stolen}));
  server_tls_ = Open(server_files_);
  Start(Port::kPeer);
  EXPECT_FALSE(Call(Dial(Open(Write("stolen", stolen)).get())).ok());
  EXPECT_FALSE(Call(Dial(client_tls_.get())).ok());
  const std::shared_ptr<grpc::Channel> nobody =
      Dial(Open(Write("nobody", ca_.Issue({.name = "nobody"}))).get());
  EXPECT_FALSE(CallPath(nobody, "/no.Such/Method\n").ok());
  for (int i = 0; i < 50; ++i) EXPECT_FALSE(Call(nobody).ok());

  const std::vector<std::string> recorded = Recorded();
  EXPECT_THAT(recorded, IsSupersetOf({
                            "User:admin/maria grpc.health.v1.Health/Check UNAUTHENTICATED",
                            "User:admin/maria grpc.health.v1.Health/Check PERMISSION_DENIED",
                            "CN=nobody unknown PERMISSION_DENIED",
                            "CN=nobody grpc.health.v1.Health/Check PERMISSION_DENIED",
                        }));
  EXPECT_LT(recorded.size(), 50u) << "refusals of one kind share a record";
}

TEST_F(ServerCredentialsTest, TheAuditLogRecordsNoCallThatTheCertificateAllows) {
  Start(Port::kBroker);
  const std::shared_ptr<grpc::Channel> admin = Dial(client_tls_.get());
  EXPECT_TRUE(Call(admin).ok());
  // Another port serves it.
  EXPECT_EQ(CallPath(admin, "/quorate.admin.v1.AdminService/ListTopics").error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  EXPECT_THAT(Recorded(), IsEmpty());
}

TEST_F(ServerCredentialsTest, ThePeerPortRefusesAnAdmin) {
  Start(Port::kPeer);
  const grpc::Status status = Call(Dial(client_tls_.get()));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_THAT(status.error_message(), HasSubstr("for the role controller"));
}

}  // namespace
}  // namespace quorate::server
