// The registration of one broker.
#pragma once

#include <cstdint>
#include <string>

#include "base/host_port.h"
#include "base/ids.h"
#include "metadata/broker_details.h"

namespace quorate::metadata {

// The address at which a broker is reached.
using Endpoint = HostPort;

struct BrokerRegistration {
  BrokerId id;
  Uuid incarnation_id;
  // Offset of its RegisterBrokerRecord.
  int64_t broker_epoch = -1;
  Endpoint endpoint;
  std::string rack;
  bool endpoint_verified = false;
  bool fenced = true;
  bool in_controlled_shutdown = false;
  // Empty if the broker registered at metadata version 1.
  SharedBrokerDetails details;

  // Returns whether the broker may become leader or join an ISR.
  bool active() const { return !fenced && !in_controlled_shutdown; }
  friend bool operator==(const BrokerRegistration&, const BrokerRegistration&) = default;
};

}  // namespace quorate::metadata
