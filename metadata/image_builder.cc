#include "metadata/image_builder.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "metadata/copy_on_write.h"
#include "metadata/image_state.h"
#include "metadata/partition_chunk.h"

namespace quorate::metadata {

ImageBuilder::ImageBuilder(MetadataImage base) : base_(std::move(base)), image_(base_) {}

MetadataImage::State& ImageBuilder::state() { return Own(image_.state_); }

MetadataImage ImageBuilder::Build() && { return std::move(image_); }

void ImageBuilder::SetPosition(RecordOffset end_offset, Epoch last_epoch, int64_t append_time_ms) {
  state().end_offset = end_offset;
  state().last_epoch = last_epoch;
  state().last_append_time_ms = append_time_ms;
}

void ImageBuilder::SetMetadataVersion(uint32_t version) { state().metadata_version = version; }

void ImageBuilder::AddTopic(const Uuid& id, std::string_view name) {
  CHECK(image_.FindTopic(id) == nullptr) << id;
  auto topic = std::make_shared<TopicImage>();
  topic->id_ = id;
  topic->name_ = name;
  state().topics.Put(std::move(topic));
  state().topic_names.Put({NormalizedNameHash(name), id});
}

void ImageBuilder::RemoveTopic(const Uuid& id) {
  const TopicPtr topic = image_.FindTopic(id);
  CHECK(topic != nullptr) << id;
  state().partition_count -= topic->partition_count();
  state().topics.Erase(id);
  state().topic_names.Erase({NormalizedNameHash(topic->name()), id});
  const ConfigsByResource::Key configs(ConfigResourceType::kTopic, topic->name());
  if (state().configs.Find(configs) != nullptr) state().configs.Erase(configs);
}

TopicImage& ImageBuilder::OwnTopic(const Uuid& id) { return Own(state().topics.Mutable(id)); }

void ImageBuilder::AddPartitions(const Uuid& topic_id, std::span<const Partition> partitions) {
  state().partition_count += static_cast<int64_t>(partitions.size());
  TopicImage& topic = OwnTopic(topic_id);
  while (!partitions.empty()) {
    const size_t used = static_cast<size_t>(topic.partition_count_) % PartitionChunk::kPartitions;
    if (used == 0) topic.chunks_.push_back(nullptr);
    PartitionChunk& chunk = Own(topic.chunks_.back());
    const std::span<const Partition> fitting = partitions.first(
        std::min(partitions.size(), static_cast<size_t>(PartitionChunk::kPartitions) - used));
    // Reserve exactly what is needed: images live long, and there are many chunks.
    size_t replica_count = chunk.replicas.size();
    for (const Partition& partition : fitting) replica_count += partition.replicas.size();
    chunk.replicas.reserve(replica_count);
    chunk.rows.reserve(used + fitting.size());
    for (const Partition& partition : fitting) {
      CHECK(!partition.replicas.empty() && partition.replicas.size() <= kMaxReplicas);
      chunk.rows.push_back({
          .isr_mask = partition.isr_mask,
          .leader_epoch = partition.leader_epoch,
          .partition_epoch = partition.partition_epoch,
          .replicas_begin = static_cast<uint16_t>(chunk.replicas.size()),
          .replica_count = static_cast<uint8_t>(partition.replicas.size()),
          .leader_position_plus_1 = partition.leader_position_plus_1,
      });
      chunk.replicas.insert(chunk.replicas.end(), partition.replicas.begin(),
                            partition.replicas.end());
    }
    topic.partition_count_ += static_cast<int32_t>(fitting.size());
    partitions = partitions.subspan(fitting.size());
  }
}

void ImageBuilder::ChangePartitions(const Uuid& topic_id,
                                    std::span<const PartitionChange> changes) {
  TopicImage& topic = OwnTopic(topic_id);
  for (const PartitionChange& change : changes) {
    CHECK(change.partition >= 0 && change.partition < topic.partition_count_) << topic.name_;
    PartitionChunk& chunk = Own(topic.chunks_[change.partition / PartitionChunk::kPartitions]);
    PartitionChunk::Row& row = chunk.rows[change.partition % PartitionChunk::kPartitions];
    if (row.leader_position_plus_1 != change.leader_position_plus_1) ++row.leader_epoch;
    ++row.partition_epoch;
    row.isr_mask = change.isr_mask;
    row.leader_position_plus_1 = change.leader_position_plus_1;
  }
}

void ImageBuilder::SetBroker(BrokerRegistration registration) {
  auto& brokers = Own(state().brokers);
  const BrokerId id = registration.id;
  brokers[id] = std::make_shared<BrokerRegistration>(std::move(registration));
}

void ImageBuilder::SetConfig(ConfigResourceType type, std::string_view name, std::string_view key,
                             std::string_view value) {
  if (state().configs.Find({type, name}) == nullptr) {
    state().configs.Put(std::make_shared<ResourceConfigs>(
        ResourceConfigs{.type = type, .name = std::string(name), .values = {}}));
  }
  Own(state().configs.Mutable({type, name})).values[std::string(key)] = value;
}

void ImageBuilder::DeleteConfig(ConfigResourceType type, std::string_view name,
                                std::string_view key) {
  const auto* found = state().configs.Find({type, name});
  if (found == nullptr || (*found)->values.count(std::string(key)) == 0) return;
  ResourceConfigs& configs = Own(state().configs.Mutable({type, name}));
  configs.values.erase(std::string(key));
  if (configs.values.empty()) state().configs.Erase({type, name});
}

void ImageBuilder::AddRequestResult(RequestResult result, size_t bytes) {
  state().request_results.Add(std::make_shared<RequestResult>(std::move(result)), bytes,
                              RequestResultTable::Limits());
}

bool ImageBuilder::SetHighestEvicted(std::string_view principal, const Uuid& client_uuid,
                                     int64_t sequence) {
  return state().request_results.SetHighestEvicted(principal, client_uuid, sequence);
}

}  // namespace quorate::metadata
