// Collects the metrics of a controller process from all its parts.
#pragma once

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "audit/audit_log.h"
#include "controller/quorum_controller.h"
#include "server/feed/subscription_hub.h"
#include "server/grpc/front_end.h"
#include "server/metrics/metrics_page.h"
#include "server/node/log_clock.h"
#include "server/node/request_router.h"
#include "server/node/state_auditor.h"
#include "server/program/controller_tls.h"
#include "server/program/process_service.h"
#include "server/program/quorum_member.h"

namespace quorate::server {

class ControllerMetrics {
 public:
  // The parts that are asked. All must outlive the object and its collections.
  struct Parts {
    QuorumMember* member = nullptr;
    const ControllerTls* tls = nullptr;
    controller::QuorumController* controller = nullptr;
    const StateAuditor* auditor = nullptr;
    const LogClock* log_clock = nullptr;
    const audit::AuditLog* audit_log = nullptr;
    const RequestRouter* router = nullptr;
    SubscriptionHub* hub = nullptr;
    const GrpcFrontEnd* front_end = nullptr;
    const ProcessService* process_service = nullptr;
  };

  explicit ControllerMetrics(const Parts& parts) : parts_(parts) {}

  // Calls `done` with the page for Prometheus, on the loop `query`. Thread-safe. A part that does
  // not answer within a second is omitted.
  void Collect(absl::AnyInvocable<void(std::string page) &&> done);

 private:
  // One page that is being collected. Used on the loop `query` only.
  struct Collection;

  // Renders the page if all parts have answered, or if it is `late`.
  void FinishIfComplete(Collection& collection, bool late);

  void AddCalls(MetricsPage& page) const;

  const Parts parts_;
};

}  // namespace quorate::server
