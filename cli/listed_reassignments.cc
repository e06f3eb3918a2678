#include "cli/listed_reassignments.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace quorate::cli {

using admin::v1::ListPartitionReassignmentsRequest;
using admin::v1::ListPartitionReassignmentsResponse;
using client::CallFailure;

client::CallResult<ListPartitionReassignmentsResponse> ListReassignments(
    client::AdminClient& client, const std::vector<std::string>& topics, bool allow_stale) {
  ListPartitionReassignmentsRequest request;
  request.mutable_topics()->Add(topics.begin(), topics.end());
  request.set_allow_stale(allow_stale);
  ListPartitionReassignmentsResponse all;
  while (true) {
    auto result = client.ListPartitionReassignments(request);
    if (std::holds_alternative<CallFailure>(result)) return result;
    auto& page = std::get<ListPartitionReassignmentsResponse>(result);
    all.set_end_offset(page.end_offset());
    for (auto& one : *page.mutable_reassignments()) *all.add_reassignments() = std::move(one);
    if (!page.has_next()) break;
    *request.mutable_from() = page.next();
  }
  std::sort(all.mutable_reassignments()->begin(), all.mutable_reassignments()->end(),
            [](const auto& a, const auto& b) {
              return a.name() != b.name() ? a.name() < b.name() : a.partition() < b.partition();
            });
  return all;
}

}  // namespace quorate::cli
