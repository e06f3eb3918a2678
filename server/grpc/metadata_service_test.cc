#include "server/grpc/metadata_service.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <memory>

#include "base/event_loop.h"
#include "client/status_mapping.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"
#include "server/calls/listener.h"
#include "server/grpc/subscribe_frame.h"
#include "server/testing/fake_replicated_log.h"

namespace quorate::server {
namespace {

using metadata::v1::SubscribeRequest;
using metadata::v1::SubscribeResponse;
using testing::HasSubstr;

constexpr char kClusterId[] = "MkU3OEVBNTcwNTJENDM2Qg";
constexpr std::chrono::minutes kPatience{1};

// Channels to one address share a connection by default, and gRPC lets more bytes be unread on it
// as its estimate of the network's capacity grows: on a busy machine, all that a test sends.
grpc::ChannelArguments OwnConnectionWithFixedWindow() {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  return arguments;
}

// A subscriber with its own connection.
class Subscriber {
 public:
  Subscriber(uint16_t port, const SubscribeRequest& request)
      : stub_(metadata::v1::MetadataService::NewStub(grpc::CreateCustomChannel(
            "127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials(),
            OwnConnectionWithFixedWindow()))) {
    context_.set_deadline(std::chrono::system_clock::now() + kPatience);
    reader_ = stub_->Subscribe(&context_, request);
  }

  // Returns the next response, or nullopt at the end of the stream.
  std::optional<SubscribeResponse> Next() {
    SubscribeResponse response;
    if (!reader_->Read(&response)) return std::nullopt;
    return response;
  }

  // Reads to the end and returns the error with which the stream ended.
  common::v1::Error End() {
    while (Next()) {
    }
    const grpc::Status status = reader_->Finish();
    return status.ok() ? common::v1::Error() : client::ErrorFromStatus(status);
  }

  void Cancel() { context_.TryCancel(); }

 private:
  std::unique_ptr<metadata::v1::MetadataService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<SubscribeResponse>> reader_;
};

class MetadataServiceTest : public testing::Test {
 protected:
  MetadataServiceTest() {
    auto listener = OpenClientListener({"127.0.0.1", 0}, "client-listen",
                                       grpc::InsecureServerCredentials(), {&service_});
    CHECK_OK(listener.status());
    listener_ = *std::move(listener);
  }

  ~MetadataServiceTest() override {
    hub_.Shutdown();
    listener_.server->Shutdown();
    loop_.Stop();
  }

  void Commit(std::vector<raft::EntryPtr> entries) { hub_.OnCommitted(entries); }

  std::unique_ptr<Subscriber> Subscribe(const std::string& cluster_id = kClusterId,
                                        const std::string& subscriber = "test") {
    SubscribeRequest request;
    request.set_cluster_id(cluster_id);
    request.set_subscriber(subscriber);
    return std::make_unique<Subscriber>(listener_.port, request);
  }

  const SystemClock clock_;
  EventLoop loop_{"hub", 1000};
  LeaderTracker leader_;
  FakeReplicatedLog log_;
  SubscribeFrameEncoder encoder_;
  SubscriptionHub hub_{{.stall_timeout = std::chrono::seconds(3),
                        .progress_interval = std::chrono::milliseconds(200)},
                       {.executor = &loop_,
                        .clock = &clock_,
                        .log = &log_,
                        .leader = &leader_,
                        .encoder = &encoder_}};
  const security::IdentityMap identities_{kClusterId};
  AccessControl access_{&identities_, &clock_};
  CallEdge edge_{
      &loop_, &loop_, &clock_, &access_, /*audit_log=*/nullptr, [] { return std::nullopt; }};
  std::atomic<int32_t> heard_of_{-1};
  MetadataService service_{kClusterId, &edge_, &hub_, &loop_,
                           [this](BrokerId broker) { heard_of_ = broker.value(); }};
  Listener listener_;
};

TEST_F(MetadataServiceTest, AFirstChunkOfSeveralFramesArrives) {
  Commit({MakeTestEntry(0), MakeTestEntry(1), MakeTestEntry(2)});
  const auto subscriber = Subscribe();
  for (int i = 0; i < 3; ++i) {
    const auto response = subscriber->Next();
    ASSERT_TRUE(response.has_value());
    ASSERT_TRUE(response->has_batch()) << response->ShortDebugString();
    EXPECT_EQ(response->batch().base_offset(), 2 * i);
    EXPECT_EQ(response->batch().records(), std::string(10, 'x'));
  }
  const auto progress = subscriber->Next();
  ASSERT_TRUE(progress && progress->has_progress());
  EXPECT_EQ(progress->progress().high_watermark(), 6);
}

TEST_F(MetadataServiceTest, AnotherClustersSubscriberIsRefused) {
  const common::v1::Error error = Subscribe("AAECAwQFBgcICQoLDA0ODw")->End();
  EXPECT_EQ(error.code(), common::v1::INCONSISTENT_CLUSTER_ID);
  EXPECT_THAT(error.message(), HasSubstr(kClusterId));
}

TEST_F(MetadataServiceTest, AStalledSubscriberIsCutWithTheReasonAndDelaysNobody) {
  const auto stalled = Subscribe();
  const auto reading = Subscribe();
  // More than the flow control of a connection allows unread.
  std::vector<raft::EntryPtr> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(MakeTestEntry(i, 1, 1 << 20));
  Commit(entries);
  // The hub checks for stalls before it sends each progress message. Twenty of those take longer
  // than the 3 s that it tolerates, which is enough for a reader on a busy machine.
  for (int batches = 0, progress = 0; batches < 20 || progress < 20;) {
    const auto response = reading->Next();
    ASSERT_TRUE(response.has_value());
    batches += response->has_batch() ? 1 : 0;
    progress += response->has_progress() && batches == 20 ? 1 : 0;
  }
  const common::v1::Error error = stalled->End();
  EXPECT_THAT(error.message(), HasSubstr("has taken nothing for 3000 ms"));
  reading->Cancel();
}

TEST_F(MetadataServiceTest, AStoppingControllerEndsTheStreams) {
  const auto subscriber = Subscribe();
  ASSERT_TRUE(subscriber->Next().has_value());
  hub_.Shutdown();
  const common::v1::Error error = subscriber->End();
  EXPECT_EQ(error.code(), common::v1::CONTROLLER_NOT_AVAILABLE);
}

TEST_F(MetadataServiceTest, ASubscriberThatGoesAwayIsForgotten) {
  const auto gone = Subscribe();
  ASSERT_TRUE(gone->Next().has_value());
  gone->Cancel();
  gone->End();
  Commit({MakeTestEntry(0)});
  const auto other = Subscribe();
  const auto response = other->Next();
  ASSERT_TRUE(response && response->has_batch());
}

TEST_F(MetadataServiceTest, ABrokerThatSubscribesIsHeardOf) {
  for (const std::string name : {"test", "broker-", "broker-x", "broker-99999999999"}) {
    const auto subscriber = Subscribe(kClusterId, name);
    ASSERT_TRUE(subscriber->Next().has_value());
    EXPECT_EQ(heard_of_, -1) << name;
  }
  const auto subscriber = Subscribe(kClusterId, "broker-7");
  ASSERT_TRUE(subscriber->Next().has_value());
  EXPECT_EQ(heard_of_, 7);
}

}  // namespace
}  // namespace quorate::server
