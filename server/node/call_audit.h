// What the audit log records of the calls of one method. The operations that are recorded, and how
// their requests are described, are in the table of operations (Operation::resource).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <type_traits>

#include "audit/audit_log.h"
#include "base/uuid.h"
#include "controller/operation.h"
#include "google/protobuf/message.h"
#include "quorate/audit/v1/audit_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::server {

struct CallAudit {
  // Outlives the calls.
  audit::AuditLog* log = nullptr;
  // Adds what a request says to its record. Returns false if this request changes nothing; then it
  // is not recorded. Called on any thread.
  std::function<bool(const google::protobuf::Message& request, audit::v1::AuditRecord* record)>
      add_request;
  // Adds the outcome that the answer of the method says. Called on any thread.
  std::function<void(const google::protobuf::Message& answer, audit::v1::AuditRecord* record)>
      add_answer;
};

// Returns the outcome of a call that ended with `error`: its name, or "UNKNOWN" if the change may
// have been made.
std::string AuditOutcome(const common::v1::Error& error);

// Returns the text of a request id, in the form that quoratectl takes. Empty if it is not valid.
std::string RequestIdText(const common::v1::RequestId& id);

// Counts the items of an answer, and finds the first error among them.
class ItemTally {
 public:
  template <typename Item>
  void Add(const Item& item) {
    ++items_;
    if (!item.has_error()) return;
    if (refused_++ == 0) first_ = AuditOutcome(item.error());
  }

  // Sets the outcome, and the counts if an item was refused.
  void AddTo(audit::v1::AuditRecord* record) const;

 private:
  int64_t items_ = 0;
  int64_t refused_ = 0;
  std::string first_;
};

// Adds what the fields of an answer say: errors of the items, the error of a single item, and the
// end offset.
template <typename Response>
void AddAnswer(const Response& response, audit::v1::AuditRecord* record) {
  ItemTally tally;
  if constexpr (std::is_same_v<Response, broker::v1::AlterPartitionResponse>) {
    for (const auto& topic : response.topics()) {
      for (const auto& partition : topic.partitions()) tally.Add(partition);
    }
  } else if constexpr (requires { response.results(); }) {
    for (const auto& result : response.results()) tally.Add(result);
  } else if constexpr (requires { response.error(); }) {
    tally.Add(response);
  }
  tally.AddTo(record);
  if constexpr (requires { response.end_offset(); }) record->set_end_offset(response.end_offset());
}

// Returns how calls of `operation`, which has static storage, are recorded in `log`. Returns
// nullopt if they are not recorded.
template <typename Request, typename Response>
std::optional<CallAudit> AuditOf(const controller::Operation<Request, Response>& operation,
                                 audit::AuditLog* log) {
  if (operation.resource == nullptr) return std::nullopt;
  return CallAudit{
      .log = log,
      .add_request =
          [&operation](const google::protobuf::Message& message, audit::v1::AuditRecord* record) {
            const auto& request = static_cast<const Request&>(message);
            record->set_resource(operation.resource(request));
            if constexpr (controller::HasRequestId<Request>) {
              record->set_request_id(RequestIdText(request.request_id()));
            }
            if constexpr (requires { request.validate_only(); }) {
              record->set_validate_only(request.validate_only());
            }
            return true;
          },
      .add_answer =
          [](const google::protobuf::Message& message, audit::v1::AuditRecord* record) {
            AddAnswer(static_cast<const Response&>(message), record);
          },
  };
}

}  // namespace quorate::server
