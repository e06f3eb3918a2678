// Serves quorate.audit.v1.AuditService: the audit log of this controller.
#pragma once

#include "quorate/audit/v1/audit_service.pb.h"
#include "server/calls/method_service.h"
#include "server/grpc/call_edge.h"

namespace quorate::server {

class AuditService final : public MethodService {
 public:
  // Answers from the edge's audit log. `edge` must outlive the service's calls.
  explicit AuditService(const CallEdge* edge);

 private:
  void ServeList(UnaryCall* call, const audit::v1::ListAuditRecordsRequest& request) const;
  // Ends the call with the page or its error.
  void Finish(UnaryCall* call, audit::AuditLog::Page page) const;

  const CallEdge* const edge_;
};

}  // namespace quorate::server
