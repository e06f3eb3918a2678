#include "metadata/image_text.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "metadata/text_util.h"

namespace quorate::metadata {
namespace {

std::string BrokerText(const BrokerRegistration& broker) {
  return absl::StrFormat("broker %d epoch=%d incarnation=%s endpoint=%s rack=%s%s%s%s\n",
                         broker.id.value(), broker.broker_epoch, broker.incarnation_id.ToString(),
                         broker.endpoint.ToString(), Quoted(broker.rack),
                         broker.endpoint_verified ? " verified" : "",
                         broker.fenced ? " fenced" : "",
                         broker.in_controlled_shutdown ? " in_controlled_shutdown" : "");
}

std::string ResultText(const RequestResult& result) {
  std::vector<std::string> items;
  for (const RequestResult::Item& item : result.items) {
    items.push_back(CodeText(item.code));
    if (!item.message.empty()) absl::StrAppend(&items.back(), " ", Quoted(item.message));
    if (!item.topic_id.is_zero()) absl::StrAppend(&items.back(), " ", item.topic_id.ToString());
  }
  return absl::StrFormat("request %s %s/%d %s hash=%016x [%s]\n", Quoted(result.principal),
                         result.request_id.client_uuid.ToString(), result.request_id.sequence,
                         result.method, result.request_hash, absl::StrJoin(items, ", "));
}

}  // namespace

std::string PartitionText(const PartitionView& partition) {
  std::string leader = "none";
  if (partition.leader().has_value()) leader = ToString(*partition.leader());
  return absl::StrFormat("leader=%s replicas=%s isr=%s leader_epoch=%d partition_epoch=%d", leader,
                         absl::StrJoin(partition.replicas(), ","),
                         absl::StrJoin(partition.Isr(), ",", absl::StreamFormatter()),
                         partition.leader_epoch(), partition.partition_epoch());
}

std::string ImageText(const MetadataImage& image) {
  std::string text =
      absl::StrFormat("image end_offset=%d epoch=%d append_time_ms=%d metadata_version=%d\n",
                      image.end_offset().value(), image.last_epoch().value(),
                      image.last_append_time_ms(), image.metadata_version());
  for (const auto& [id, broker] : image.brokers()) absl::StrAppend(&text, BrokerText(*broker));
  for (const TopicPtr& topic : image.TopicsByName()) {
    absl::StrAppend(&text, "topic ", topic->name(), " id=", topic->id().ToString(),
                    " partitions=", topic->partition_count(), "\n");
    topic->ForEachChangedPartition(nullptr, [&](const PartitionView& partition) {
      absl::StrAppend(&text, "  ", partition.index(), " ", PartitionText(partition), "\n");
    });
  }
  image.ForEachConfiguredResource(
      [&](ConfigResourceType type, const std::string& name, const auto& configs) {
        for (const auto& [key, value] : configs) {
          absl::StrAppend(&text, "config ", ConfigResourceText(type), " ", name, " ", key, "=",
                          Quoted(value), "\n");
        }
      });
  image.ForEachRequestResult(
      [&](const RequestResult& result) { absl::StrAppend(&text, ResultText(result)); });
  image.ForEachEvictedClient(
      [&](std::string_view principal, const Uuid& client_uuid, int64_t sequence) {
        absl::StrAppend(&text, "evicted ", Quoted(principal), " ", client_uuid.ToString(),
                        " up to ", sequence, "\n");
      });
  return text;
}

}  // namespace quorate::metadata
