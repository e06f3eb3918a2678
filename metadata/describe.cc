#include "metadata/describe.h"

#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "metadata/configs/config_keys.h"
#include "metadata/text_util.h"

namespace quorate::metadata {
namespace {

void AddIds(const std::vector<BrokerId>& ids, google::protobuf::RepeatedField<int32_t>* field) {
  for (const BrokerId id : ids) field->Add(id.value());
}

// Adds what few partitions have.
void DescribeExtras(const PartitionView& view, admin::v1::PartitionDescription& partition) {
  if (!view.extras().empty()) {
    AddIds(view.ReplicasIn(view.adding_mask()), partition.mutable_adding_replicas());
    AddIds(view.ReplicasIn(view.removing_mask()), partition.mutable_removing_replicas());
    AddIds(view.ReplicasIn(view.elr_mask()), partition.mutable_eligible_leader_replicas());
    if (const auto leader = view.last_known_leader()) {
      partition.set_last_known_leader_id(leader->value());
    }
    partition.set_recovering(view.recovering());
  }
  if (!view.has_directories()) return;
  for (size_t i = 0; i < view.replica_count(); ++i) {
    const std::optional<Uuid> id = view.directory(i);
    partition.add_directories(id.has_value() ? id->ToString() : "");
  }
}

admin::v1::TopicDescription Describe(const MetadataImage& image, const TopicImage& topic) {
  admin::v1::TopicDescription description = DescribeTopicOnly(image, topic);
  description.mutable_partitions()->Reserve(topic.partition_count());
  for (int32_t i = 0; i < topic.partition_count(); ++i) {
    *description.add_partitions() = DescribePartition(topic.partition(i));
  }
  return description;
}

}  // namespace

admin::v1::TopicDescription DescribeTopicOnly(const MetadataImage& image, const TopicImage& topic) {
  admin::v1::TopicDescription description;
  description.set_name(topic.name());
  description.set_topic_id(topic.id().ToString());
  if (topic.partition_count() > 0) {
    description.set_replication_factor(static_cast<int32_t>(topic.partition(0).replica_count()));
  }
  for (const auto& [key, value] : image.Configs(ConfigResourceType::kTopic, topic.name())) {
    auto& config = *description.add_configs();
    config.set_key(key);
    config.set_value(IsSensitiveConfig(ConfigResourceType::kTopic, key) ? kHiddenConfigValue
                                                                        : value);
  }
  return description;
}

admin::v1::PartitionDescription DescribePartition(const PartitionView& view) {
  admin::v1::PartitionDescription partition;
  partition.set_partition(view.index());
  partition.set_leader_id(view.leader().has_value() ? view.leader()->value() : -1);
  partition.set_leader_epoch(view.leader_epoch());
  partition.set_partition_epoch(view.partition_epoch());
  partition.mutable_replicas()->Add(view.replicas().begin(), view.replicas().end());
  AddIds(view.Isr(), partition.mutable_isr());
  DescribeExtras(view, partition);
  return partition;
}

admin::v1::TopicDescription DescribeTopic(const MetadataImage& image, std::string_view name) {
  const TopicPtr topic = image.FindTopicByName(name);
  if (topic != nullptr) return Describe(image, *topic);
  admin::v1::TopicDescription description;
  description.set_name(std::string(name));
  description.mutable_error()->set_code(common::v1::UNKNOWN_TOPIC_OR_PARTITION);
  description.mutable_error()->set_message(
      absl::StrCat("there is no topic ", Quoted(name), "; ListTopics returns the existing topics"));
  description.mutable_error()->set_outcome(common::v1::REFUSED);
  return description;
}

google::protobuf::RepeatedPtrField<admin::v1::TopicDescription> DescribeTopics(
    const MetadataImage& image, const google::protobuf::RepeatedPtrField<std::string>& names) {
  google::protobuf::RepeatedPtrField<admin::v1::TopicDescription> descriptions;
  if (names.empty()) {
    for (const TopicPtr& topic : image.TopicsByName()) {
      *descriptions.Add() = Describe(image, *topic);
    }
  }
  for (const std::string& name : names) *descriptions.Add() = DescribeTopic(image, name);
  return descriptions;
}

}  // namespace quorate::metadata
