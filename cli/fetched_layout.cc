#include "cli/fetched_layout.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "cli/described_topics.h"

namespace quorate::cli {

using client::CallFailure;

std::vector<int32_t> TargetOf(const admin::v1::PartitionDescription& partition) {
  std::vector<int32_t> target;
  const auto& removed = partition.removing_replicas();
  for (const int32_t id : partition.replicas()) {
    if (std::find(removed.begin(), removed.end(), id) == removed.end()) target.push_back(id);
  }
  return target;
}

client::CallResult<FetchedLayout> FetchLayout(client::AdminClient& client) {
  auto cluster = client.DescribeCluster({});
  if (auto* failure = std::get_if<CallFailure>(&cluster)) return std::move(*failure);
  admin::v1::DescribeTopicsRequest request;
  request.mutable_filter();  // in pages
  auto described = DescribeTopicPages(client, request);
  if (auto* failure = std::get_if<CallFailure>(&described)) return std::move(*failure);

  FetchedLayout fetched;
  for (const auto& broker : std::get<admin::v1::DescribeClusterResponse>(cluster).brokers()) {
    fetched.layout.brokers.push_back(
        {.id = broker.broker_id(),
         .rack = broker.rack(),
         .active = !broker.fenced() && !broker.in_controlled_shutdown()});
  }
  for (const auto& topic : std::get<admin::v1::DescribeTopicsResponse>(described).topics()) {
    for (const auto& partition : topic.partitions()) {
      fetched.layout.partitions.push_back({.topic = fetched.layout.topics.size(),
                                           .index = partition.partition(),
                                           .replicas = TargetOf(partition)});
      fetched.is_reassigning.push_back(IsReassigning(partition));
    }
    fetched.layout.topics.push_back(topic.name());
  }
  return fetched;
}

}  // namespace quorate::cli
