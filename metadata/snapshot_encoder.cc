#include "metadata/snapshot_encoder.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "metadata/record_builders.h"

namespace quorate::metadata {
namespace {

// Of a topic in one record, so that the largest one is far from filling a chunk.
constexpr int32_t kPartitionsPerRecord = 1024;

// One record for each of `items`.
template <typename Item, typename Make>
auto OneForEach(std::vector<Item> items, Make make) {
  return [items = std::move(items), next = size_t{0}, make]() mutable -> std::optional<v1::Record> {
    if (next == items.size()) return std::nullopt;
    return make(items[next++]);
  };
}

std::vector<v1::Record> BrokerRecords(const MetadataImage& image) {
  std::vector<v1::Record> records;
  for (const auto& [id, broker] : image.brokers()) {
    records.push_back(MakeRegisterBrokerRecord(*broker));
    BrokerChange change;
    if (!broker->fenced) change.fenced = false;
    if (broker->in_controlled_shutdown) change.in_controlled_shutdown = true;
    if (change.fenced || change.in_controlled_shutdown) {
      records.push_back(MakeBrokerRegistrationChangeRecord(id, broker->broker_epoch, change));
    }
  }
  return records;
}

// A topic, or its partitions from `first` on.
struct TopicPart {
  static constexpr int32_t kTopicItself = -1;
  const TopicImage* topic = nullptr;
  int32_t first = kTopicItself;
};

std::vector<TopicPart> TopicParts(const MetadataImage& image) {
  std::vector<TopicPart> parts;
  image.ForEachTopic([&](const TopicPtr& topic) {
    parts.push_back({.topic = topic.get()});
    for (int32_t first = 0; first < topic->partition_count(); first += kPartitionsPerRecord) {
      parts.push_back({.topic = topic.get(), .first = first});
    }
  });
  return parts;
}

v1::Record MakeTopicPartRecord(const TopicPart& part) {
  const TopicImage& topic = *part.topic;
  if (part.first == TopicPart::kTopicItself) return MakeTopicRecord(topic.name(), topic.id());
  v1::Record record;
  v1::PartitionsRecord& fields = *record.mutable_partitions();
  fields.set_topic_id(std::string(topic.id().bytes()));
  fields.set_first_partition(part.first);
  const int32_t end = std::min(part.first + kPartitionsPerRecord, topic.partition_count());
  bool has_leader_epochs = false;
  bool has_partition_epochs = false;
  for (int32_t i = part.first; i < end; ++i) {
    const PartitionView partition = topic.partition(i);
    fields.add_replica_counts(static_cast<int32_t>(partition.replica_count()));
    fields.mutable_replicas()->Add(partition.replicas().begin(), partition.replicas().end());
    fields.add_isr_masks(partition.isr_mask());
    const std::optional<size_t> leader = partition.leader_position();
    fields.add_leader_positions(leader ? static_cast<uint32_t>(*leader) + 1 : 0);
    fields.add_leader_epochs(partition.leader_epoch());
    fields.add_partition_epochs(partition.partition_epoch());
    has_leader_epochs |= partition.leader_epoch() != 0;
    has_partition_epochs |= partition.partition_epoch() != 0;
  }
  if (!has_leader_epochs) fields.clear_leader_epochs();
  if (!has_partition_epochs) fields.clear_partition_epochs();
  return record;
}

struct ConfigItem {
  ConfigResourceType type = ConfigResourceType::kTopic;
  std::string_view name;
  std::string_view key;
  std::string_view value;
};

std::vector<ConfigItem> ConfigItems(const MetadataImage& image) {
  std::vector<ConfigItem> items;
  image.ForEachConfiguredResource(
      [&](ConfigResourceType type, const std::string& name, const auto& configs) {
        for (const auto& [key, value] : configs) items.push_back({type, name, key, value});
      });
  return items;
}

std::vector<const RequestResult*> Results(const MetadataImage& image) {
  std::vector<const RequestResult*> results;
  results.reserve(image.request_result_count());
  image.ForEachRequestResult([&](const RequestResult& result) { results.push_back(&result); });
  return results;
}

struct EvictedClient {
  std::string_view principal;
  Uuid client_uuid;
  int64_t sequence = 0;
};

std::vector<EvictedClient> EvictedClients(const MetadataImage& image) {
  std::vector<EvictedClient> clients;
  image.ForEachEvictedClient(
      [&](std::string_view principal, const Uuid& client_uuid, int64_t sequence) {
        clients.push_back({principal, client_uuid, sequence});
      });
  return clients;
}

std::vector<v1::Record> MetadataVersion(const MetadataImage& image) {
  if (image.metadata_version() == 0) return {};
  return {MakeMetadataVersionRecord(image.metadata_version())};
}

}  // namespace

SnapshotEncoder::SnapshotEncoder(MetadataImage image, size_t chunk_bytes)
    : image_(std::move(image)), chunk_bytes_(chunk_bytes) {
  const auto as_it_is = [](v1::Record& record) { return std::move(record); };
  const auto add = [this](auto items, auto make) {
    sections_.emplace_back(OneForEach(std::move(items), make));
  };
  add(std::vector<v1::Record>{MakeSnapshotHeaderRecord(image_.end_offset(), image_.last_epoch(),
                                                       image_.last_append_time_ms())},
      as_it_is);
  add(MetadataVersion(image_), as_it_is);
  add(BrokerRecords(image_), as_it_is);
  add(TopicParts(image_), MakeTopicPartRecord);
  add(ConfigItems(image_), [](const ConfigItem& item) {
    return MakeConfigRecord(item.type, item.name, item.key, item.value);
  });
  add(Results(image_),
      [](const RequestResult* result) { return MakeRequestResultRecord(*result); });
  add(EvictedClients(image_), [](const EvictedClient& client) {
    return MakeEvictedRequestsRecord(client.principal, client.client_uuid, client.sequence);
  });
  sections_.emplace_back([this, is_given = false]() mutable -> std::optional<v1::Record> {
    if (std::exchange(is_given, true)) return std::nullopt;
    // The header does not count.
    return MakeSnapshotFooterRecord(record_count_ - 1);
  });
}

std::string SnapshotEncoder::NextRecord() {
  while (!sections_.empty()) {
    if (std::optional<v1::Record> record = sections_.front()()) {
      ++record_count_;
      v1::RecordBatch alone;
      *alone.add_records() = *std::move(record);
      return alone.SerializeAsString();
    }
    sections_.pop_front();
  }
  return "";
}

std::optional<std::string> SnapshotEncoder::Next() {
  std::string chunk;
  while (true) {
    if (pending_.empty()) pending_ = NextRecord();
    if (pending_.empty()) break;
    if (!chunk.empty() && chunk.size() + pending_.size() > chunk_bytes_) break;
    chunk += std::exchange(pending_, "");
  }
  if (chunk.empty()) return std::nullopt;
  return chunk;
}

}  // namespace quorate::metadata
