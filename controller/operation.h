// Declares an operation: a kind of request that the active controller executes. All layers take an
// operation's names and rules from one declaration: the router, the front ends, forwarding, request
// ids, logs, metrics, the audit log and the check of permissions. The table of all operations is
// operations.h.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/request_size.h"
#include "metadata/metadata_image.h"
#include "quorate/common/v1/error.pb.h"

namespace quorate::controller {

// Whether a request may be sent again when the outcome of an earlier attempt is unknown.
enum class Repetition {
  // No, because a second execution could have another effect.
  kNever,
  // Yes, if the request carries a request id: the log answers each id once (decide/request_ids.h),
  // so all attempts get the same answer.
  kByRequestId,
  // Yes. Epochs or ids in the request guard it, but a later attempt may get another answer.
  kGuarded,
  // Yes. It is a read, so no outcome of an attempt is unknown.
  kRead,
};

// Returns whether all attempts get the same answer, so that the answer to any of them counts.
constexpr bool HasSameAnswer(Repetition repetition) {
  return repetition == Repetition::kByRequestId || repetition == Repetition::kRead;
}

// What an authorizer is asked about. These are resources and operations of Kafka's ACLs, so that
// its rules can be stored without translation.
enum class AccessResource {
  kCluster,
  // Each topic that the request names. As in Kafka, kCreate on the cluster is enough, too.
  kTopic,
  // Each resource that the request names: a topic, or for the configs of a broker the cluster.
  kConfigResource,
};
enum class AccessAction { kCreate, kDelete, kAlter, kAlterConfigs, kDescribe, kClusterAction };
struct Access {
  AccessResource resource;
  AccessAction action;
};

// Whether requests of this type may carry a request id. The log remembers the results of exactly
// these requests.
template <typename Request>
concept HasRequestId = requires(const Request& request) {
  request.has_request_id();
};

// The pure functions of an operation whose result the log remembers. Such a request has items, each
// of which succeeds or fails alone.
template <typename Request, typename Response>
struct ItemDecision {
  // Null if the decision depends on more than the view. QuorumController then has a function for
  // the operation, which collects the rest.
  Decision<ItemResults> (*decide)(const View&, const Request&, const Context&) = nullptr;
  // Builds the response from the results of the request's items. It may use nothing else, because a
  // retry gets the remembered results. The caller sets `end_offset` in the response.
  Response (*to_response)(const Request&, const ItemResults&) = nullptr;
  size_t (*item_count)(const Request&) = nullptr;
  // See decide/topics/topic_decisions.h.
  std::optional<common::v1::Error> (*check_size)(const Request&, const RequestLimits&) = nullptr;
  bool (*is_large)(const Request&, const metadata::MetadataImage&) = nullptr;
};

// Operations are constants with static storage; other objects keep pointers to them.
template <typename Request, typename Response>
struct Operation {
  // Names the operation in the log, where results are stored under request ids, and in requests
  // that controllers forward to each other. It is ours and permanent: stored results must keep
  // matching, and controllers of different versions must understand each other. It looks like the
  // path of a gRPC method, but a front end must not take it for one.
  std::string_view log_name;
  // Names the operation in log lines, audits and metrics, in snake_case.
  std::string_view label;
  Repetition repetition;
  // With kGuarded: returns whether this request is guarded. Null if every request is.
  bool (*is_guarded)(const Request&) = nullptr;
  Access access;
  // Names what a request would change, for the audit log (resource_text.h). Null if requests change
  // nothing that the log keeps; then the audit log does not record them.
  std::string (*resource)(const Request&) = nullptr;
  // The request creates or deletes partitions, so it is refused while its principal has used up its
  // quota (partition_quota.h). Its decision says how many (Decision::partition_mutations).
  bool mutates_partitions = false;
  // Set exactly for the operations whose result the log remembers (HasRequestId). The other
  // operations depend on more than the view, and QuorumController has a function for each.
  ItemDecision<Request, Response> decision = {};

  // Returns whether the fields fit together. A test checks all operations: gcc 12 cannot compare
  // functions with null in a static_assert if it compiles for UBSan.
  constexpr bool is_consistent() const {
    const bool remembers = HasRequestId<Request>;
    const bool has_items = decision.to_response != nullptr && decision.item_count != nullptr &&
                           decision.check_size != nullptr && decision.is_large != nullptr;
    return !log_name.empty() && !label.empty() && has_items == remembers &&
           (decision.decide == nullptr || remembers) &&
           (repetition == Repetition::kByRequestId) == remembers &&
           (!mutates_partitions || remembers) &&
           (resource == nullptr || repetition != Repetition::kRead) &&
           (is_guarded == nullptr || repetition == Repetition::kGuarded);
  }
};

// Returns whether, and why, this request may be sent again.
template <typename Request, typename Response>
Repetition RepetitionOf(const Operation<Request, Response>& operation, const Request& request) {
  if constexpr (HasRequestId<Request>) {
    if (!request.has_request_id()) return Repetition::kNever;
  }
  if (operation.is_guarded != nullptr && !operation.is_guarded(request)) return Repetition::kNever;
  return operation.repetition;
}

}  // namespace quorate::controller
