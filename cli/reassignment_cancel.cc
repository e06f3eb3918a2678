#include "cli/reassignment_cancel.h"

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "cli/json.h"
#include "cli/listed_reassignments.h"
#include "cli/request_id.h"
#include "cli/text.h"
#include "client/admin_client.h"

namespace quorate::cli {
namespace {

using admin::v1::AlterPartitionReassignmentsRequest;
using admin::v1::AlterPartitionReassignmentsResponse;
using admin::v1::ListPartitionReassignmentsResponse;
using client::CallFailure;
using Reassignment = ListPartitionReassignmentsResponse::Reassignment;

// Returns a request that cancels the reassignments from `begin` on that fit in one request. They
// are ordered by topic.
AlterPartitionReassignmentsRequest MakeRequest(const std::vector<const Reassignment*>& wanted,
                                               size_t begin) {
  AlterPartitionReassignmentsRequest request;
  const size_t end = std::min(wanted.size(), begin + size_t{kReassignmentsPerRequest});
  for (size_t i = begin; i < end; ++i) {
    const bool is_new = i == begin || wanted[i]->name() != wanted[i - 1]->name();
    auto* topic = is_new ? request.add_topics() : request.mutable_topics(request.topics_size() - 1);
    if (is_new) topic->mutable_topic()->set_name(wanted[i]->name());
    topic->add_partitions()->set_partition(wanted[i]->partition());
  }
  return request;
}

}  // namespace

ExitCode CancelReassignments(Session& session, const std::vector<PartitionReplicas>* partitions) {
  client::AdminClient client(session.caller_options());
  const auto listed = ListReassignments(client, {}, /*allow_stale=*/false);
  if (const auto* failure = std::get_if<CallFailure>(&listed)) return session.Fail(*failure);
  std::set<std::pair<std::string_view, int32_t>> named;
  if (partitions != nullptr) {
    for (const PartitionReplicas& entry : *partitions) named.emplace(entry.topic, entry.partition);
  }
  std::vector<const Reassignment*> wanted;
  for (const auto& one : std::get<ListPartitionReassignmentsResponse>(listed).reassignments()) {
    const bool is_named = partitions == nullptr || named.contains({one.name(), one.partition()});
    if (is_named) wanted.push_back(&one);
  }

  const auto id = ChooseRequestId("");
  if (!id.ok()) return session.Fail(id.status());
  common::v1::RequestId request_id = *id;
  AlterPartitionReassignmentsResponse all;
  ExitCode code = ExitCode::kDone;
  for (size_t begin = 0; begin < wanted.size(); begin += size_t{kReassignmentsPerRequest}) {
    AlterPartitionReassignmentsRequest request = MakeRequest(wanted, begin);
    *request.mutable_request_id() = request_id;
    request_id = NextRequestId(request_id);
    const auto result = client.AlterPartitionReassignments(request);
    if (const auto* failure = std::get_if<CallFailure>(&result)) return session.Fail(*failure);
    const auto& response = std::get<AlterPartitionReassignmentsResponse>(result);
    all.mutable_results()->MergeFrom(response.results());
    all.set_end_offset(response.end_offset());
  }
  int64_t cancelled = 0;
  for (const auto& result : all.results()) {
    // It was complete, or another request has cancelled it, since it was listed.
    if (result.error().code() == common::v1::NO_REASSIGNMENT_IN_PROGRESS) continue;
    if (result.has_error()) {
      const std::string item =
          absl::StrFormat("partition %s-%d", TerminalText(result.name()), result.partition());
      code = std::max(code, session.FailItem(item, result.error()));
    } else {
      ++cancelled;
    }
  }
  if (session.json()) session.out() << JsonText(ToJson(all));
  session.Say(absl::StrFormat("Cancelled %s.", Plural(cancelled, "reassignment")));
  return code;
}

}  // namespace quorate::cli
