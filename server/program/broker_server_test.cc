// Tests a whole broker against one controller that the test controls.
#include "server/program/broker_server.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "client/channel.h"
#include "client/status_mapping.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "metadata/record_builders.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "quorate/broker/v1/broker_view_service.grpc.pb.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"

namespace quorate::server {
namespace {

using broker::v1::DescribeBrokerResponse;
using testing::HasSubstr;

constexpr char kClusterId[] = "MkU3OEVBNTcwNTJENDM2Qg";
// The log has a barrier, the metadata version and, at this offset, the broker's registration.
constexpr int64_t kBrokerEpoch = 2;

// Registers one broker, unfences it when it has caught up, and lets it stop.
class FakeController final : public broker::v1::BrokerService::Service,
                             public metadata::v1::MetadataService::Service {
 public:
  FakeController() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(static_cast<broker::v1::BrokerService::Service*>(this));
    builder.RegisterService(static_cast<metadata::v1::MetadataService::Service*>(this));
    server_ = builder.BuildAndStart();
  }
  ~FakeController() override { server_->Shutdown(std::chrono::system_clock::now()); }

  HostPort endpoint() const { return {"127.0.0.1", static_cast<uint16_t>(port_)}; }
  // If set before the broker starts, every registration is refused with this error.
  std::optional<common::v1::Error> refusal;
  // The answer of the advertised endpoint when the broker registered.
  broker::v1::GetIdentityResponse identity;
  std::atomic<bool> said_goodbye = false;

 private:
  grpc::Status RegisterBroker(grpc::ServerContext*,
                              const broker::v1::RegisterBrokerRequest* request,
                              broker::v1::RegisterBrokerResponse* response) override {
    if (refusal) return client::StatusFromError(*refusal);
    const auto endpoint = ParseAdvertised(request->advertised_endpoint());
    EXPECT_TRUE(endpoint.ok());
    grpc::ClientContext context;
    const grpc::Status status =
        broker::v1::BrokerViewService::NewStub(client::MakeChannel(*endpoint))
            ->GetIdentity(&context, {}, &identity);
    registration_.id = BrokerId(request->broker_id());
    registration_.incarnation_id = *Uuid::FromBytes(request->incarnation_id());
    registration_.broker_epoch = kBrokerEpoch;
    registration_.endpoint = {endpoint->host, endpoint->port};
    registered_ = true;
    response->set_broker_epoch(kBrokerEpoch);
    response->set_endpoint_verified(status.ok());
    return grpc::Status::OK;
  }

  grpc::Status Heartbeat(grpc::ServerContext*,
                         grpc::ServerReaderWriter<broker::v1::HeartbeatResponse,
                                                  broker::v1::HeartbeatRequest>* stream) override {
    broker::v1::HeartbeatRequest request;
    while (stream->Read(&request)) {
      if (request.goodbye() == broker::v1::HeartbeatRequest::STOPPING) {
        said_goodbye = true;
        break;
      }
      broker::v1::HeartbeatResponse response;
      response.set_is_caught_up(request.metadata_end_offset() > request.broker_epoch());
      response.set_is_fenced(!response.is_caught_up());
      response.set_should_shut_down(request.want_shutdown());
      response.set_controller_epoch(1);
      stream->Write(response);
    }
    return grpc::Status::OK;
  }

  grpc::Status ReportRoles(grpc::ServerContext*, const broker::v1::ReportRolesRequest*,
                           broker::v1::ReportRolesResponse*) override {
    return grpc::Status::OK;
  }

  grpc::Status Subscribe(grpc::ServerContext* context, const metadata::v1::SubscribeRequest*,
                         grpc::ServerWriter<metadata::v1::SubscribeResponse>* writer) override {
    SendBatch(writer, 0, std::nullopt);
    SendBatch(writer, 1, metadata::MakeMetadataVersionRecord(1));
    while (!registered_ && !context->IsCancelled()) Nap();
    SendBatch(writer, kBrokerEpoch, metadata::MakeRegisterBrokerRecord(registration_));
    metadata::v1::SubscribeResponse response;
    response.mutable_progress()->set_high_watermark(kBrokerEpoch + 1);
    response.mutable_progress()->set_epoch(1);
    response.mutable_progress()->set_leader_id(1);
    writer->Write(response);
    while (!context->IsCancelled()) Nap();
    return grpc::Status::OK;
  }

  static void SendBatch(grpc::ServerWriter<metadata::v1::SubscribeResponse>* writer, int64_t offset,
                        const std::optional<metadata::v1::Record>& record) {
    metadata::v1::SubscribeResponse response;
    metadata::v1::Batch& batch = *response.mutable_batch();
    batch.set_epoch(1);
    batch.set_base_offset(offset);
    batch.set_record_count(1);
    if (record) {
      metadata::v1::RecordBatch records;
      *records.add_records() = *record;
      batch.set_records(records.SerializeAsString());
    }
    writer->Write(response);
  }
  static void Nap() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

  int port_ = 0;
  metadata::BrokerRegistration registration_;
  // Written after `registration_`, and read before it.
  std::atomic<bool> registered_ = false;
  std::unique_ptr<grpc::Server> server_;
};

class BrokerServerTest : public testing::Test {
 protected:
  BrokerServerTest()
      : directory_(testing::TempDir() + "broker_server_test_" + std::to_string(getpid())) {
    config_.cluster_id = kClusterId;
    config_.broker_id = BrokerId(0);
    config_.listen = config_.advertise = {"127.0.0.1", 0};
    config_.bootstrap = {controller_.endpoint()};
    config_.heartbeat_interval = std::chrono::milliseconds(50);
    config_.registration_timeout = std::chrono::seconds(60);
    config_.controlled_shutdown_timeout = std::chrono::seconds(30);
  }
  ~BrokerServerTest() override { std::filesystem::remove_all(directory_); }

  std::shared_ptr<BrokerServer> Start() {
    const auto server = BrokerServer::Start(config_);
    EXPECT_TRUE(server.ok()) << server.status();
    return server.ok() ? *server : nullptr;
  }
  static std::shared_ptr<grpc::Channel> ChannelTo(const BrokerServer& server) {
    return client::MakeChannel({"127.0.0.1", server.port()});
  }
  static bool IsReady(const BrokerServer& server) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    grpc::health::v1::HealthCheckResponse response;
    request.set_service("quorate.ready");
    const grpc::Status status =
        grpc::health::v1::Health::NewStub(ChannelTo(server))->Check(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.status() == grpc::health::v1::HealthCheckResponse::SERVING;
  }
  static DescribeBrokerResponse View(const BrokerServer& server) {
    grpc::ClientContext context;
    DescribeBrokerResponse response;
    const grpc::Status status = broker::v1::BrokerViewService::NewStub(ChannelTo(server))
                                    ->DescribeBroker(&context, {}, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  static void AwaitReady(const BrokerServer& server) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!IsReady(server) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    ASSERT_TRUE(IsReady(server));
  }

  const std::string directory_;
  FakeController controller_;
  BrokerConfig config_;
};

TEST_F(BrokerServerTest, AnswersForItselfBeforeItIsRegisteredAndRuns) {
  const auto server = Start();
  AwaitReady(*server);
  EXPECT_EQ(controller_.identity.cluster_id(), kClusterId);
  EXPECT_EQ(controller_.identity.broker_id(), 0);
  const DescribeBrokerResponse view = View(*server);
  EXPECT_EQ(view.state(), DescribeBrokerResponse::RUNNING);
  EXPECT_EQ(view.broker_epoch(), kBrokerEpoch);
  EXPECT_EQ(view.incarnation_id(), controller_.identity.incarnation_id());
  EXPECT_EQ(view.controller_endpoint(), controller_.endpoint().ToString());
  EXPECT_EQ(view.metadata_end_offset(), kBrokerEpoch + 1);
  server->BeginStop();
  EXPECT_TRUE(server->WaitUntilStopped().ok());
  EXPECT_TRUE(controller_.said_goodbye);
}

TEST_F(BrokerServerTest, AnswersWithoutAController) {
  config_.bootstrap = {{"127.0.0.1", 1}};
  const auto server = Start();
  EXPECT_FALSE(IsReady(*server));
  EXPECT_EQ(View(*server).state(), DescribeBrokerResponse::STARTING);
  EXPECT_EQ(View(*server).last_contact_age_ms(), -1);
  server->BeginStop();
  EXPECT_TRUE(server->WaitUntilStopped().ok());
}

TEST_F(BrokerServerTest, StopsByItselfWhereItIsRefusedForGood) {
  controller_.refusal.emplace();
  controller_.refusal->set_code(common::v1::INCONSISTENT_CLUSTER_ID);
  controller_.refusal->set_message("this is another cluster");
  const absl::Status status = Start()->WaitUntilStopped();
  EXPECT_THAT(std::string(status.message()), HasSubstr(controller_.endpoint().ToString()));
  EXPECT_THAT(std::string(status.message()), HasSubstr("this is another cluster"));
}

TEST_F(BrokerServerTest, APortOrDirectoryInUseIsRefusedAndNothingIsChanged) {
  config_.data_dir = directory_ + "/a";
  const auto server = Start();
  BrokerConfig second = config_;
  second.listen.port = server->port();
  second.data_dir = directory_ + "/b";
  EXPECT_THAT(std::string(BrokerServer::Start(second).status().message()),
              HasSubstr("cannot listen on --listen"));
  EXPECT_FALSE(std::filesystem::exists(second.data_dir));
  second = config_;
  EXPECT_THAT(std::string(BrokerServer::Start(second).status().message()), HasSubstr("in use"));
  server->BeginStop();
  EXPECT_TRUE(server->WaitUntilStopped().ok());
}

TEST_F(BrokerServerTest, ADirectoryOfAnotherBrokerIsRefused) {
  config_.data_dir = directory_;
  {
    const auto server = Start();
    server->BeginStop();
    EXPECT_TRUE(server->WaitUntilStopped().ok());
  }
  config_.broker_id = BrokerId(1);
  EXPECT_THAT(std::string(BrokerServer::Start(config_).status().message()),
              HasSubstr("belongs to broker 0"));
}

}  // namespace
}  // namespace quorate::server
