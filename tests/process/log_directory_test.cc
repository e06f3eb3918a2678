// A broker with two log directories loses one of them. The broker is the test, which speaks the
// protocol itself, because quorate-broker has no log directories.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "base/uuid.h"
#include "client/channel.h"
#include "client/status_mapping.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.grpc.pb.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {
namespace {

using broker::v1::BrokerService;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr int kId = 9;

// A broker in session with the active controller. Heartbeats are sent when the test asks for it.
class ScriptedBroker {
 public:
  ScriptedBroker(const Cluster& cluster, int controller, std::vector<Uuid> directories)
      : stub_(BrokerService::NewStub(
            client::MakeChannel(*ParseHostPort(cluster.ControllerEndpoint(controller))))) {
    broker::v1::RegisterBrokerRequest request;
    request.set_cluster_id(cluster.cluster_id());
    request.set_broker_id(kId);
    request.set_incarnation_id(std::string(incarnation_.bytes()));
    request.set_advertised_endpoint("127.0.0.1:1");
    auto* feature = request.add_features();
    feature->set_name(std::string(metadata::kMetadataVersionFeature));
    feature->set_min_level(1);
    feature->set_max_level(metadata::kLatestMetadataVersion);
    for (const Uuid& id : directories) request.add_log_directories(std::string(id.bytes()));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    broker::v1::RegisterBrokerResponse response;
    const grpc::Status status = stub_->RegisterBroker(&context, request, &response);
    CHECK(status.ok()) << status.error_message();
    epoch_ = response.broker_epoch();
    heartbeats_ = stub_->Heartbeat(&stream_context_);
  }

  ~ScriptedBroker() {
    heartbeats_->WritesDone();
    stream_context_.TryCancel();
    heartbeats_->Finish();
  }

  // Sends a heartbeat that names `failed` and returns the answer.
  broker::v1::HeartbeatResponse Heartbeat(const std::vector<Uuid>& failed = {}) {
    broker::v1::HeartbeatRequest request;
    request.set_broker_id(kId);
    request.set_broker_epoch(epoch_);
    request.set_incarnation_id(std::string(incarnation_.bytes()));
    request.set_metadata_end_offset(epoch_ + 1);
    request.set_max_metadata_version(metadata::kLatestMetadataVersion);
    for (const Uuid& id : failed) request.add_offline_log_directories(std::string(id.bytes()));
    broker::v1::HeartbeatResponse response;
    CHECK(heartbeats_->Write(request) && heartbeats_->Read(&response));
    return response;
  }

  // Returns the error of assigning the replica of one partition; its code is 0 if there is none.
  common::v1::Error Assign(const std::string& topic_id, int partition, const Uuid& directory) {
    broker::v1::AssignReplicasToDirsRequest request;
    request.set_broker_id(kId);
    request.set_broker_epoch(epoch_);
    auto* of_directory = request.add_directories();
    of_directory->set_id(std::string(directory.bytes()));
    auto* of_topic = of_directory->add_topics();
    of_topic->set_topic_id(std::string(Uuid::Parse(topic_id)->bytes()));
    of_topic->add_partitions(partition);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    broker::v1::AssignReplicasToDirsResponse response;
    const grpc::Status status = stub_->AssignReplicasToDirs(&context, request, &response);
    if (!status.ok()) return client::ErrorFromStatus(status);
    return response.directories(0).topics(0).partitions(0).error();
  }

 private:
  Rng rng_{Rng::SystemSeed()};
  const Uuid incarnation_ = Uuid::Random(rng_);
  const std::unique_ptr<BrokerService::Stub> stub_;
  int64_t epoch_ = -1;
  grpc::ClientContext stream_context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<broker::v1::HeartbeatRequest, broker::v1::HeartbeatResponse>>
      heartbeats_;
};

TEST(LogDirectoryTest, ReplicasInAFailedDirectoryLeaveAndTheOthersStay) {
  // The test sends heartbeats only now and then.
  Cluster cluster(
      {.controllers = 3, .brokers = 1, .controller_flags = {"--broker-session-timeout-ms=600000"}});
  cluster.Start();
  client::AdminClient client = cluster.Client();
  Rng rng(Rng::SystemSeed());
  const Uuid kept = Uuid::Random(rng);
  const Uuid failed = Uuid::Random(rng);
  ScriptedBroker broker(cluster, cluster.AwaitActive(), {kept, failed});
  ASSERT_TRUE(WaitFor([&] { return !broker.Heartbeat().is_fenced(); }));

  admin::v1::CreateTopicsRequest request;
  auto* topic = request.add_topics();
  topic->set_name("orders");
  for (int partition = 0; partition < 2; ++partition) {
    auto* assignment = topic->add_assignments();
    assignment->add_broker_ids(kId);
    assignment->add_broker_ids(1);
  }
  const auto created = Must(client.CreateTopics(request));
  ASSERT_FALSE(created.results(0).has_error()) << created.ShortDebugString();
  const auto describe = [&] {
    admin::v1::DescribeTopicsRequest of_orders;
    of_orders.add_topics("orders");
    return Must(client.DescribeTopics(of_orders)).topics(0);
  };
  const std::string topic_id = describe().topic_id();
  EXPECT_EQ(broker.Assign(topic_id, 0, failed).code(), 0);
  EXPECT_EQ(broker.Assign(topic_id, 1, kept).code(), 0);
  EXPECT_EQ(broker.Assign(topic_id, 2, kept).code(), common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  EXPECT_EQ(describe().partitions(0).directories(0), failed.ToString());

  EXPECT_FALSE(broker.Heartbeat({failed}).is_fenced());
  ASSERT_TRUE(WaitFor([&] { return describe().partitions(0).leader_id() == 1; }));
  EXPECT_THAT(describe().partitions(0).isr(), ElementsAre(1));
  EXPECT_EQ(describe().partitions(1).leader_id(), kId);

  const auto described = Must(client.DescribeCluster({}));
  for (const auto& one : described.brokers()) {
    if (one.broker_id() != kId) continue;
    EXPECT_THAT(one.log_directories(), ElementsAre(kept.ToString()));
    EXPECT_THAT(one.offline_log_directories(), ElementsAre(failed.ToString()));
  }
  const RunResult events =
      quorate::testing::Run({QuoratectlProgram(), "events", "--bootstrap=" + cluster.Bootstrap()});
  EXPECT_THAT(events.output,
              HasSubstr("log directory " + failed.ToString() + " of broker 9 failed"));

  broker.Heartbeat({kept, failed});
  ASSERT_TRUE(WaitFor([&] { return describe().partitions(1).leader_id() == 1; }));
}

}  // namespace
}  // namespace quorate::testing
