// A MetadataSource that delivers the events that the test supplies.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "base/executor.h"
#include "broker/ports.h"

namespace quorate::broker {

class FakeMetadataSource final : public MetadataSource {
 public:
  struct Subscription {
    std::string endpoint;
    metadata::v1::SubscribeRequest request;
  };

  explicit FakeMetadataSource(Executor* executor) : executor_(executor) {}

  // All subscriptions so far. The last one may be open.
  std::vector<Subscription> subscriptions;
  bool is_open() const { return stream_ > 0; }
  const std::string& endpoint() const { return subscriptions.back().endpoint; }

  // An empty payload makes a barrier.
  void SendBatch(int32_t epoch, int64_t base_offset, const std::string& payload = "",
                 int32_t record_count = 1) {
    metadata::v1::SubscribeResponse response;
    metadata::v1::Batch& batch = *response.mutable_batch();
    batch.set_epoch(epoch);
    batch.set_base_offset(base_offset);
    batch.set_record_count(record_count);
    batch.set_records(payload);
    Deliver(std::move(response));
  }
  void SendProgress(int32_t epoch, int32_t leader_id, int64_t high_watermark) {
    metadata::v1::SubscribeResponse response;
    response.mutable_progress()->set_epoch(epoch);
    response.mutable_progress()->set_leader_id(leader_id);
    response.mutable_progress()->set_high_watermark(high_watermark);
    Deliver(std::move(response));
  }
  void SendReset() {
    metadata::v1::SubscribeResponse response;
    response.mutable_reset()->set_reason("the log was restored");
    Deliver(std::move(response));
  }
  void Break(common::v1::Error error) { Deliver(std::move(error)); }
  void Deliver(MetadataEvent event) {
    CHECK(is_open());
    executor_->Post([this, stream = stream_, event = std::move(event)]() mutable {
      if (stream != stream_) return;  // ended in the meantime
      if (std::holds_alternative<common::v1::Error>(event)) stream_ = 0;
      // A handler may subscribe again, which replaces on_event_.
      const auto handler = on_event_;
      (*handler)(std::move(event));
    });
  }

  void Subscribe(const std::string& endpoint, metadata::v1::SubscribeRequest request,
                 absl::AnyInvocable<void(MetadataEvent)> on_event) override {
    stream_ = ++last_stream_;
    on_event_ = std::make_shared<EventHandler>(std::move(on_event));
    subscriptions.push_back({endpoint, std::move(request)});
  }
  void Unsubscribe() override { stream_ = 0; }

 private:
  using EventHandler = absl::AnyInvocable<void(MetadataEvent)>;

  Executor* const executor_;
  int stream_ = 0;  // 0: none is open
  int last_stream_ = 0;
  std::shared_ptr<EventHandler> on_event_;
};

}  // namespace quorate::broker
