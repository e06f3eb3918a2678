// MetadataService: subscriptions to the committed log. Responses are written as the hub has encoded
// them, so one stream more costs no encoding.
#pragma once

#include <grpcpp/support/byte_buffer.h>

#include <functional>
#include <string>

#include "base/ids.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"
#include "server/call_edge.h"
#include "server/subscription_hub.h"

namespace quorate::server {

class MetadataService final : public metadata::v1::MetadataService::WithRawCallbackMethod_Subscribe<
                                  metadata::v1::MetadataService::Service> {
 public:
  // Told when a broker subscribes, which names itself "broker-ID". Any thread.
  using BrokerListener = std::function<void(BrokerId)>;

  // All outlive the service's calls.
  MetadataService(std::string cluster_id, const CallEdge* edge, SubscriptionHub* hub,
                  BrokerListener on_broker);

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Subscribe(grpc::CallbackServerContext* context,
                                                        const grpc::ByteBuffer* request) override;

 private:
  const std::string cluster_id_;
  const CallEdge* const edge_;
  SubscriptionHub* const hub_;
  const BrokerListener on_broker_;
};

}  // namespace quorate::server
