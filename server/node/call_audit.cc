#include "server/node/call_audit.h"

#include "absl/strings/str_cat.h"

namespace quorate::server {

std::string AuditOutcome(const common::v1::Error& error) {
  if (error.outcome() == common::v1::UNKNOWN) return "UNKNOWN";
  const std::string& name = common::v1::ErrorCode_Name(error.code());
  // A controller of a later version may answer with a code that this one does not know.
  return name.empty() ? absl::StrCat("ERROR_", static_cast<int>(error.code())) : name;
}

std::string RequestIdText(const common::v1::RequestId& id) {
  const std::optional<Uuid> client = Uuid::FromBytes(id.client_uuid());
  return client ? absl::StrCat(client->ToString(), ":", id.sequence()) : "";
}

void ItemTally::AddTo(audit::v1::AuditRecord* record) const {
  record->set_outcome(refused_ == 0 ? "OK" : first_);
  if (refused_ == 0) return;
  record->set_items(items_);
  record->set_refused_items(refused_);
}

}  // namespace quorate::server
