// Implements broker::MetadataSource on gRPC.
#pragma once

#include <memory>
#include <string>

#include "base/executor.h"
#include "broker/ports.h"
#include "server/broker/broker_calls.h"

namespace quorate::server {

// Subscribes to the metadata log of a controller. Used only on `loop`. BrokerCalls::CancelAndWait
// must be called before the loop is stopped and the source destroyed.
class BrokerMetadataSource final : public broker::MetadataSource {
 public:
  // All arguments must outlive the source.
  BrokerMetadataSource(Executor* loop, BrokerCalls* calls) : loop_(loop), calls_(calls) {}
  ~BrokerMetadataSource() override;

  void Subscribe(const std::string& endpoint, metadata::v1::SubscribeRequest request,
                 absl::AnyInvocable<void(broker::MetadataEvent)> on_event) override;
  void Unsubscribe() override;

 private:
  class Subscription;

  Executor* const loop_;
  BrokerCalls* const calls_;
  // The latest subscription, which may have ended.
  std::shared_ptr<Subscription> subscription_;
};

}  // namespace quorate::server
