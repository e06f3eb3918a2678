// MetadataService: subscriptions to the committed log. Responses are written as the hub has encoded
// them, so one stream more costs no encoding.
#pragma once

#include <functional>
#include <string>

#include "base/ids.h"
#include "server/call_edge.h"
#include "server/method_service.h"
#include "server/subscription_hub.h"

namespace quorate::server {

class MetadataService final : public MethodService {
 public:
  // Told when a broker subscribes, which names itself "broker-ID". Any thread.
  using BrokerListener = std::function<void(BrokerId)>;

  // All outlive the service's calls.
  MetadataService(std::string cluster_id, const CallEdge* edge, SubscriptionHub* hub,
                  const BrokerListener& on_broker);
};

}  // namespace quorate::server
