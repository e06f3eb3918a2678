// Questions to one specific process about itself, such as its readiness or its view of the
// metadata. They are asked once and never sent elsewhere, unlike the calls of AdminClient, which
// any controller may answer. `tls` secures the connections, as in BlockingConnection.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "base/clock.h"
#include "base/host_port.h"
#include "client/blocking_connection.h"
#include "quorate/audit/v1/audit_service.pb.h"
#include "quorate/broker/v1/broker_view_service.pb.h"
#include "quorate/common/v1/error.pb.h"
#include "quorate/process/v1/process_service.pb.h"

namespace quorate::client {

// The health of one service of a process (grpc.health.v1).
struct HealthAnswer {
  enum class State {
    kServing,
    kNotServing,
    kUnknownService,  // the process answers, but has no service of that name
    kUnreachable,     // no answer
  };
  State state = State::kUnreachable;
  // Why it is not serving, as a phrase without the endpoint. Empty if it is serving.
  std::string why;
};

// Asks a process for the health of one service, repeatedly if needed. Not thread-safe. Blocks.
class HealthProbe {
 public:
  // An empty `service` stands for the process itself.
  HealthProbe(HostPort endpoint, std::string service, security::TlsStore* tls = nullptr);

  const HostPort& endpoint() const { return connection_.endpoint(); }

  HealthAnswer Check(Duration timeout);

 private:
  BlockingConnection connection_;
  const std::string service_;
};

// Asks a process for its readiness (`quorate.ready`). Not thread-safe. Blocks.
class ReadinessProbe {
 public:
  explicit ReadinessProbe(HostPort endpoint, security::TlsStore* tls = nullptr);

  const HostPort& endpoint() const { return probe_.endpoint(); }

  // Returns nullopt if the process is ready, else the reason, as a phrase without the endpoint.
  std::optional<std::string> WhyNotReady(Duration timeout);

 private:
  HealthProbe probe_;
};

// Sets the log level of the controller or broker at `endpoint`. If `level` is empty, only asks for
// it. INVALID_REQUEST means that the process does not know the level. Blocks.
std::variant<process::v1::SetLogLevelResponse, common::v1::Error> SetLogLevel(
    const HostPort& endpoint, const std::string& level, Duration timeout,
    security::TlsStore* tls = nullptr);

// Returns the metrics of the controller or broker at `endpoint`, in Prometheus' text format.
// Blocks.
std::variant<std::string, common::v1::Error> GetMetrics(const HostPort& endpoint, Duration timeout,
                                                        security::TlsStore* tls = nullptr);

// Reads the audit log of one controller, page by page. Not thread-safe. Blocks.
class AuditProbe {
 public:
  explicit AuditProbe(HostPort endpoint, security::TlsStore* tls = nullptr);

  const HostPort& endpoint() const { return connection_.endpoint(); }

  std::variant<audit::v1::ListAuditRecordsResponse, common::v1::Error> List(
      const audit::v1::ListAuditRecordsRequest& request, Duration timeout);

 private:
  BlockingConnection connection_;
};

// A broker's view of itself and of the metadata.
struct BrokerView {
  broker::v1::DescribeBrokerResponse broker;
  broker::v1::ListRolesResponse roles;
  // Set if it was requested.
  std::optional<broker::v1::DescribeTopicsResponse> topics;
};

// Asks the broker at `endpoint` for its view, within `timeout`. If `with_topics`, also asks for all
// topics of its image. Blocks.
std::variant<BrokerView, common::v1::Error> ViewBroker(const HostPort& endpoint, Duration timeout,
                                                       bool with_topics = false,
                                                       security::TlsStore* tls = nullptr);

}  // namespace quorate::client
