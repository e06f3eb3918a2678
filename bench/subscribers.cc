#include "bench/subscribers.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <condition_variable>
#include <map>
#include <utility>

#include "base/check.h"
#include "base/host_port.h"
#include "client/channel.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"

namespace quorate::bench {

using metadata::v1::MetadataService;
using metadata::v1::SubscribeRequest;
using metadata::v1::SubscribeResponse;

struct Subscribers::Shared {
  std::mutex mutex;
  bool recording = false;
  std::map<int64_t, Delivery> deliveries;  // by end offset
  int open = 0;
  int caught_up = 0;
};

// One subscription. gRPC's threads call it.
class Subscribers::Stream final : public grpc::ClientReadReactor<SubscribeResponse> {
 public:
  Stream(const HostPort& endpoint, const std::string& cluster_id, int number, Kind kind,
         Shared* shared)
      : stub_(MetadataService::NewStub(client::MakeChannel(endpoint))), shared_(shared) {
    request_.set_cluster_id(cluster_id);
    request_.set_subscriber("bench-" + std::to_string(number));
    stub_->async()->Subscribe(&context_, &request_, this);
    if (kind == Kind::kReading) StartRead(&response_);
    StartCall();
  }

  ~Stream() override {
    context_.TryCancel();
    std::unique_lock lock(shared_->mutex);
    changed_.wait(lock, [this] { return done_; });
  }

  void OnReadDone(bool ok) override {
    if (!ok) return;
    const auto now = std::chrono::steady_clock::now();
    {
      const std::lock_guard lock(shared_->mutex);
      if (response_.has_progress() && !std::exchange(caught_up_, true)) ++shared_->caught_up;
      if (response_.has_batch() && shared_->recording) {
        const auto& batch = response_.batch();
        const int64_t end = batch.base_offset() + batch.record_count();
        Delivery& delivery = shared_->deliveries[end];
        delivery.end_offset = end;
        if (delivery.arrivals++ == 0) delivery.cause = batch.cause();
        delivery.last = now;
      }
    }
    StartRead(&response_);
  }

  void OnDone(const grpc::Status& /*status*/) override {
    const std::lock_guard lock(shared_->mutex);
    --shared_->open;
    if (caught_up_) --shared_->caught_up;
    done_ = true;
    changed_.notify_all();
  }

 private:
  const std::unique_ptr<MetadataService::Stub> stub_;
  Shared* const shared_;
  grpc::ClientContext context_;
  SubscribeRequest request_;
  SubscribeResponse response_;
  // Guarded by the mutex of `shared_`.
  bool caught_up_ = false;
  bool done_ = false;
  std::condition_variable changed_;
};

Subscribers::Subscribers(const testing::Cluster& cluster, int count, Kind kind)
    : shared_(std::make_shared<Shared>()) {
  shared_->open = count;
  const int controllers = cluster.options().controllers;
  for (int i = 0; i < count; ++i) {
    streams_.push_back(
        std::make_unique<Stream>(*ParseHostPort(cluster.ControllerEndpoint(i % controllers + 1)),
                                 cluster.cluster_id(), i, kind, shared_.get()));
  }
}

Subscribers::~Subscribers() = default;

void Subscribers::AwaitCaughtUp() {
  CHECK(testing::WaitFor(
      [this] {
        const std::lock_guard lock(shared_->mutex);
        return shared_->caught_up == shared_->open;
      },
      10 * testing::kPatience))
      << "the subscribers do not reach the end of the log";
}

int Subscribers::Open() const {
  const std::lock_guard lock(shared_->mutex);
  return shared_->open;
}

void Subscribers::Record() {
  const std::lock_guard lock(shared_->mutex);
  shared_->deliveries.clear();
  shared_->recording = true;
}

std::vector<Delivery> Subscribers::Take() {
  const std::lock_guard lock(shared_->mutex);
  shared_->recording = false;
  std::vector<Delivery> deliveries;
  for (auto& [end, delivery] : std::exchange(shared_->deliveries, {})) {
    deliveries.push_back(std::move(delivery));
  }
  return deliveries;
}

}  // namespace quorate::bench
