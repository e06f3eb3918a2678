// Serves quorate.metadata.v1.MetadataService: subscriptions to the committed log. The hub encodes
// each response once, and all streams write the same bytes.
#pragma once

#include <functional>
#include <string>

#include "base/ids.h"
#include "server/calls/method_service.h"
#include "server/feed/subscription_hub.h"
#include "server/grpc/call_edge.h"

namespace quorate::server {

class MetadataService final : public MethodService {
 public:
  // Called, on any thread, when a broker subscribes: a subscriber whose name is "broker-ID".
  using BrokerListener = std::function<void(BrokerId)>;

  // All arguments must outlive the service's calls.
  MetadataService(std::string cluster_id, const CallEdge* edge, SubscriptionHub* hub,
                  const BrokerListener& on_broker);
};

}  // namespace quorate::server
