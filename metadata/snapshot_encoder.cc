#include "metadata/snapshot_encoder.h"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "metadata/record_builders.h"

namespace quorate::metadata {
namespace {

// Partitions of a topic in one record. Even the largest such record is much smaller than a chunk.
// Part of the format.
constexpr int32_t kPartitionsPerRecord = 1024;

// Makes a section that adds one record for each of `items`.
template <typename Item, typename Fill>
auto OneForEach(std::vector<Item> items, Fill fill) {
  return [items = std::move(items), next = size_t{0}, fill](v1::RecordBatch* batch) mutable {
    if (next == items.size()) return false;
    fill(items[next++], batch->add_records());
    return true;
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

// One record's part of a topic: the topic itself, or up to kPartitionsPerRecord partitions from
// `first` on.
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

void FillTopicPartRecord(const TopicPart& part, v1::Record* record) {
  const TopicImage& topic = *part.topic;
  if (part.first == TopicPart::kTopicItself) {
    // Filled in place, which is faster than MakeTopicRecord: an image consists mostly of topics.
    record->mutable_topic()->set_name(topic.name());
    record->mutable_topic()->set_topic_id(std::string(topic.id().bytes()));
    return;
  }
  v1::PartitionsRecord& fields = *record->mutable_partitions();
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
    : image_(std::move(image)), chunk_bytes_(chunk_bytes) {}

void SnapshotEncoder::AddSections() {
  const auto add = [this](auto items, auto fill) {
    sections_.emplace_back(OneForEach(std::move(items), fill));
  };
  const auto add_records = [&add](std::vector<v1::Record> records) {
    add(std::move(records), [](v1::Record& from, v1::Record* record) { *record = from; });
  };
  add_records({MakeSnapshotHeaderRecord(image_.end_offset(), image_.last_epoch(),
                                        image_.last_append_time_ms())});
  add_records(MetadataVersion(image_));
  add_records(BrokerRecords(image_));
  add(TopicParts(image_), FillTopicPartRecord);
  add(ConfigItems(image_), [](const ConfigItem& item, v1::Record* record) {
    *record = MakeConfigRecord(item.type, item.name, item.key, item.value);
  });
  add(Results(image_), [](const RequestResult* result, v1::Record* record) {
    *record = MakeRequestResultRecord(*result);
  });
  add(EvictedClients(image_), [](const EvictedClient& client, v1::Record* record) {
    *record = MakeEvictedRequestsRecord(client.principal, client.client_uuid, client.sequence);
  });
  sections_.emplace_back([this, is_given = false](v1::RecordBatch* batch) mutable {
    if (std::exchange(is_given, true)) return false;
    // The header does not count.
    *batch->add_records() = MakeSnapshotFooterRecord(record_count_ - 1);
    return true;
  });
}

bool SnapshotEncoder::AppendRecord(std::string* chunk) {
  // The arena frees all parts of a record at once.
  google::protobuf::Arena arena;
  auto* alone = google::protobuf::Arena::CreateMessage<v1::RecordBatch>(&arena);
  while (!sections_.empty() && !sections_.front()(alone)) sections_.pop_front();
  if (sections_.empty()) return false;
  ++record_count_;
  CHECK(alone->AppendToString(chunk));
  return true;
}

std::optional<std::string> SnapshotEncoder::Next() {
  if (!std::exchange(has_sections_, true)) AddSections();
  std::string chunk = std::exchange(pending_, "");
  for (size_t size = chunk.size(); AppendRecord(&chunk); size = chunk.size()) {
    if (size == 0 || chunk.size() <= chunk_bytes_) continue;
    pending_ = chunk.substr(size);
    chunk.resize(size);
    break;
  }
  if (chunk.empty()) return std::nullopt;
  return chunk;
}

}  // namespace quorate::metadata
