#include "bench/light_brokers.h"

#include <grpcpp/client_context.h>

#include <chrono>
#include <string>

#include "base/check.h"
#include "base/random.h"
#include "base/uuid.h"
#include "bench/statistics.h"
#include "client/channel.h"
#include "metadata/broker_details.h"
#include "metadata/metadata_image.h"

namespace quorate::bench {
namespace {

using broker::v1::BrokerService;

constexpr std::chrono::milliseconds kHeartbeatInterval(500);
constexpr std::chrono::milliseconds kRetryInterval(50);

std::vector<HostPort> Controllers(const testing::Cluster& cluster) {
  std::vector<HostPort> controllers;
  for (int node = 1; node <= cluster.options().controllers; ++node) {
    controllers.push_back(*ParseHostPort(cluster.ControllerEndpoint(node)));
  }
  return controllers;
}

}  // namespace

LightBrokers::LightBrokers(const testing::Cluster& cluster, int first_id, int count)
    : cluster_id_(cluster.cluster_id()), controllers_(Controllers(cluster)) {
  for (int id = first_id; id < first_id + count; ++id) {
    threads_.emplace_back([this, id] { Run(id); });
  }
}

LightBrokers::~LightBrokers() {
  stop_ = true;
  for (std::thread& thread : threads_) thread.join();
}

double LightBrokers::TakeLongestHeartbeatMs() { return longest_ms_.exchange(0); }

void LightBrokers::Run(int broker_id) {
  std::vector<std::unique_ptr<BrokerService::Stub>> stubs;
  for (const HostPort& endpoint : controllers_) {
    stubs.push_back(BrokerService::NewStub(client::MakeChannel(endpoint)));
  }
  broker::v1::RegisterBrokerRequest request;
  request.set_cluster_id(cluster_id_);
  request.set_broker_id(broker_id);
  Rng rng(Rng::SystemSeed());
  request.set_incarnation_id(std::string(Uuid::Random(rng).bytes()));
  // Nobody listens at the discard port.
  request.set_advertised_endpoint("127.0.0.1:9");
  auto* feature = request.add_features();
  feature->set_name(std::string(metadata::kMetadataVersionFeature));
  feature->set_min_level(1);
  feature->set_max_level(metadata::kLatestMetadataVersion);
  broker::v1::RegisterBrokerResponse registration;
  grpc::Status status;
  CHECK(testing::WaitFor([&] {
    grpc::ClientContext context;
    status = stubs.front()->RegisterBroker(&context, request, &registration);
    return status.ok() || stop_;
  })) << "broker "
      << broker_id << " cannot register: " << status.error_message();
  // Only the active controller accepts heartbeats.
  for (size_t i = 0; !stop_; ++i) {
    Beat(*stubs[i % stubs.size()], broker_id, registration.broker_epoch(),
         request.incarnation_id());
    if (!stop_) std::this_thread::sleep_for(kRetryInterval);
  }
}

void LightBrokers::Beat(BrokerService::Stub& controller, int broker_id, int64_t broker_epoch,
                        const std::string& incarnation_id) {
  grpc::ClientContext context;
  const auto stream = controller.Heartbeat(&context);
  broker::v1::HeartbeatRequest heartbeat;
  heartbeat.set_broker_id(broker_id);
  heartbeat.set_broker_epoch(broker_epoch);
  heartbeat.set_incarnation_id(incarnation_id);
  // The broker claims to have replayed its registration, or it would stay fenced.
  heartbeat.set_metadata_end_offset(broker_epoch + 1);
  heartbeat.set_interval_ms(kHeartbeatInterval.count());
  heartbeat.set_max_metadata_version(metadata::kLatestMetadataVersion);
  while (!stop_) {
    const auto sent = std::chrono::steady_clock::now();
    broker::v1::HeartbeatResponse response;
    if (!stream->Write(heartbeat) || !stream->Read(&response)) break;
    const double ms = Milliseconds(std::chrono::steady_clock::now() - sent);
    for (double longest = longest_ms_;
         ms > longest && !longest_ms_.compare_exchange_weak(longest, ms);) {
    }
    std::this_thread::sleep_for(kHeartbeatInterval);
  }
  context.TryCancel();
  stream->Finish();
}

}  // namespace quorate::bench
