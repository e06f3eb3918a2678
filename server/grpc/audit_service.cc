#include "server/grpc/audit_service.h"

#include <string>
#include <utility>

#include "controller/answer.h"

namespace quorate::server {

using audit::AuditLog;
using audit::v1::ListAuditRecordsRequest;

AuditService::AuditService(const CallEdge* edge) : edge_(edge) {
  AddUnary(edge_->Method(&ListAuditRecordsRequest::default_instance(),
                         &edge_->budgets().audit_reads,
                         [this](UnaryCall* call, const UnaryMethod::MessagePtr& request) {
                           ServeList(call, static_cast<const ListAuditRecordsRequest&>(*request));
                         }));
}

void AuditService::ServeList(UnaryCall* call, const ListAuditRecordsRequest& request) const {
  edge_->audit_log()->List(request,
                           [this, call](AuditLog::Page page) { Finish(call, std::move(page)); });
}

void AuditService::Finish(UnaryCall* call, AuditLog::Page page) const {
  if (page.ok()) {
    if (auto over_budget = call->Reserve(page->ByteSizeLong())) {
      return call->Fail(edge_->StatusOf(*std::move(over_budget)));
    }
    return call->Answer(*page);
  }
  const bool is_bad_request =
      absl::IsInvalidArgument(page.status()) || absl::IsFailedPrecondition(page.status());
  call->Fail(edge_->StatusOf(controller::MakeError(
      is_bad_request ? common::v1::INVALID_REQUEST : common::v1::UNKNOWN_SERVER_ERROR,
      std::string(page.status().message()))));
}

}  // namespace quorate::server
