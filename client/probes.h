// Questions to one process about itself, asked once and never elsewhere: is it ready, what does it
// believe. Apart from AdminClient, whose questions any controller may answer.
#pragma once

#include <grpcpp/channel.h>

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/host_port.h"
#include "quorate/broker/v1/broker_view_service.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::client {

// Asks a process for its readiness, as often as wanted, on one channel. Blocks.
class ReadinessProbe {
 public:
  explicit ReadinessProbe(HostPort endpoint);

  const HostPort& endpoint() const { return endpoint_; }

  // Nothing if the health service says that `quorate.ready` is serving, else why not: half a
  // sentence, without the endpoint.
  std::optional<std::string> WhyNotReady(Duration timeout);

 private:
  const HostPort endpoint_;
  const std::shared_ptr<grpc::Channel> channel_;
};

// What a broker believes.
struct BrokerView {
  broker::v1::DescribeBrokerResponse broker;
  broker::v1::ListRolesResponse roles;
};

// Asks the broker at `endpoint`, within `timeout`. Blocks.
std::variant<BrokerView, common::v1::Error> ViewBroker(const HostPort& endpoint, Duration timeout);

}  // namespace quorate::client
