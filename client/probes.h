// Questions to one process about itself, asked once and never elsewhere: is it ready, what does it
// believe. Apart from AdminClient, whose questions any controller may answer.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/host_port.h"
#include "client/blocking_connection.h"
#include "quorate/broker/v1/broker_view_service.pb.h"
#include "quorate/common/v1/error.pb.h"
#include "quorate/process/v1/process_service.pb.h"

namespace quorate::client {

// What a process says of one of its services (grpc.health.v1).
struct HealthAnswer {
  enum class State {
    kServing,
    kNotServing,
    kUnknownService,  // it answers, and has no service of that name
    kUnreachable,     // no answer
  };
  State state = State::kUnreachable;
  // Why it is not serving: half a sentence, without the endpoint; empty if it is.
  std::string why;
};

// Asks a process for the health of one service, as often as wanted. Blocks, not thread-safe.
class HealthProbe {
 public:
  // The empty `service` stands for the process itself.
  HealthProbe(HostPort endpoint, std::string service);

  const HostPort& endpoint() const { return connection_.endpoint(); }

  HealthAnswer Check(Duration timeout);

 private:
  BlockingConnection connection_;
  const std::string service_;
};

// Asks a process for its readiness (`quorate.ready`). Blocks.
class ReadinessProbe {
 public:
  explicit ReadinessProbe(HostPort endpoint);

  const HostPort& endpoint() const { return probe_.endpoint(); }

  // Nothing if it is ready, else why not: half a sentence, without the endpoint.
  std::optional<std::string> WhyNotReady(Duration timeout);

 private:
  HealthProbe probe_;
};

// Sets the log level of the process at `endpoint`, a controller or a broker; with an empty `level`
// only asks for it. INVALID_REQUEST: it knows no such level. Blocks.
std::variant<process::v1::SetLogLevelResponse, common::v1::Error> SetLogLevel(
    const HostPort& endpoint, const std::string& level, Duration timeout);

// What a broker believes.
struct BrokerView {
  broker::v1::DescribeBrokerResponse broker;
  broker::v1::ListRolesResponse roles;
  // Set if it was asked for.
  std::optional<broker::v1::DescribeTopicsResponse> topics;
};

// Asks the broker at `endpoint`, within `timeout`; for all topics of its image too if
// `with_topics`. Blocks.
std::variant<BrokerView, common::v1::Error> ViewBroker(const HostPort& endpoint, Duration timeout,
                                                       bool with_topics = false);

}  // namespace quorate::client
