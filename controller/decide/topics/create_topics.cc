#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "controller/decide/configs/config_changes.h"
#include "controller/decide/item_results.h"
#include "controller/decide/topics/new_partitions.h"
#include "controller/decide/topics/repeated_names.h"
#include "controller/decide/topics/topic_decisions.h"
#include "controller/decide/topics/topic_results.h"
#include "metadata/configs/config_keys.h"
#include "metadata/configs/config_value.h"
#include "metadata/image_state.h"
#include "metadata/record_builders.h"
#include "metadata/topic_name.h"

namespace quorate::controller {
namespace {

using admin::v1::CreateTopicsRequest;
using admin::v1::NewTopic;

// The name of Kafka's own metadata log.
constexpr char kReservedName[] = "__cluster_metadata";

// Returns the form of a name in metrics.
std::string Normalized(const std::string& name) { return absl::StrReplaceAll(name, {{".", "_"}}); }

// The configs in canonical form and in the order of the request.
using Configs = std::vector<std::pair<std::string, std::string>>;

ItemError ReadConfigs(const NewTopic& topic, Configs* configs) {
  constexpr auto kTopic = metadata::ConfigResourceType::kTopic;
  std::set<std::string> keys;
  for (const admin::v1::ConfigEntry& config : topic.configs()) {
    const metadata::ConfigKey* key = metadata::FindConfigKey(kTopic, config.key());
    const absl::StatusOr<std::string> value =
        key == nullptr ? metadata::UnknownConfigKey(kTopic, config.key())
                       : metadata::CanonicalConfigValue(*key, config.key(), config.value());
    if (!value.ok()) {
      return MakeItemError(common::v1::INVALID_CONFIG, std::string(value.status().message()));
    }
    if (!keys.insert(config.key()).second) {
      return MakeItemError(common::v1::INVALID_CONFIG,
                           absl::StrFormat("%s is given twice; give it once", config.key()));
    }
    configs->emplace_back(config.key(), *value);
  }
  return std::nullopt;
}

// Decides the topics of one request in turn.
class TopicCreator {
 public:
  TopicCreator(const View& view, const CreateTopicsRequest& request, Rng* rng)
      : image_(view.image), rng_(rng), partitions_(view, rng), names_(request.topics()) {}

  // Returns the topic's result. Its records follow those of the earlier topics.
  ItemResult Create(const NewTopic& topic);

  // The number of partitions that these topics have.
  int64_t partitions_made() const { return partitions_made_; }
  // The least number of bytes that the records of all topics so far take.
  size_t least_bytes() const { return partitions_.least_bytes(); }
  metadata::v1::RecordBatch TakeRecords() { return std::move(records_); }

 private:
  ItemError CheckName(const std::string& name) const;

  const metadata::MetadataImage& image_;
  Rng* const rng_;
  NewPartitions partitions_;
  const RepeatedNames names_;
  // Names of the topics that this request creates, by their normalized form.
  std::map<std::string, std::string> created_;
  metadata::v1::RecordBatch records_;
  int64_t partitions_made_ = 0;
};

ItemResult TopicCreator::Create(const NewTopic& topic) {
  if (auto error = CheckName(topic.name())) return *error;
  Configs configs;
  if (auto error = ReadConfigs(topic, &configs)) return *error;
  const metadata::ConfigsImage::Values values(configs.begin(), configs.end());
  if (auto error = CheckTopicConfigs(image_.Get<metadata::ConfigsImage>(), values)) return *error;
  NewPartitions::Partitions partitions;
  if (auto error = partitions_.Make(topic, &partitions)) return *error;
  if (least_bytes() > kMaxBatchBytes) return {};  // the whole request is refused

  const Uuid id = Uuid::Random(*rng_);
  *records_.add_records() = metadata::MakeTopicRecord(topic.name(), id);
  for (const auto& [key, value] : configs) {
    *records_.add_records() =
        metadata::MakeConfigRecord(metadata::ConfigResourceType::kTopic, topic.name(), key, value);
  }
  *records_.add_records() = metadata::MakePartitionsRecord(id, 0, partitions);
  created_.emplace(Normalized(topic.name()), topic.name());
  partitions_made_ += static_cast<int64_t>(partitions.size());
  return {.topic_id = id};
}

ItemError TopicCreator::CheckName(const std::string& name) const {
  if (auto error = names_.CheckOnce(name)) return error;
  if (name == kReservedName) {
    return MakeItemError(common::v1::INVALID_REQUEST,
                         absl::StrFormat("\"%s\" is reserved; choose another name", name));
  }
  if (const absl::Status status = metadata::ValidateTopicName(name); !status.ok()) {
    return MakeItemError(common::v1::INVALID_TOPIC_EXCEPTION, std::string(status.message()));
  }
  const metadata::TopicPtr existing = image_.FindCollidingTopic(name);
  const auto created = created_.find(Normalized(name));
  if (existing != nullptr || created != created_.end()) {
    return MakeItemError(
        common::v1::INVALID_TOPIC_EXCEPTION,
        absl::StrFormat("the name \"%s\" collides with topic \"%s\": '.' and '_' look the same in "
                        "metric names; choose another name",
                        name, existing != nullptr ? existing->name() : created->second));
  }
  if (image_.FindTopicByName(name) != nullptr) {
    return MakeItemError(common::v1::TOPIC_ALREADY_EXISTS,
                         absl::StrFormat("topic \"%s\" exists already", name));
  }
  return std::nullopt;
}

}  // namespace

Decision<ItemResults> DecideCreateTopics(const View& view, const CreateTopicsRequest& request,
                                         const Context& context) {
  TopicCreator creator(view, request, context.rng);
  ItemResults items;
  for (const NewTopic& topic : request.topics()) {
    items.push_back(creator.Create(topic));
    if (creator.least_bytes() > kMaxBatchBytes) {
      return {.answer = TooLargeForOneEntry(creator.least_bytes())};
    }
  }
  metadata::v1::RecordBatch records = creator.TakeRecords();
  if (request.validate_only()) {
    for (ItemResult& item : items) item.topic_id = Uuid();
    records.Clear();
  }
  std::string cause = request.topics_size() == 1
                          ? absl::StrFormat("CreateTopics %s", request.topics(0).name())
                          : absl::StrFormat("CreateTopics (%d topics)", request.topics_size());
  return {.records = std::move(records),
          .answer = std::move(items),
          .cause = std::move(cause),
          .partition_mutations = request.validate_only() ? 0 : creator.partitions_made()};
}

admin::v1::CreateTopicsResponse ToResponse(const CreateTopicsRequest& request,
                                           const ItemResults& items) {
  return ResultsByName<admin::v1::CreateTopicsResponse>(request, items);
}

std::optional<common::v1::Error> CheckSize(const CreateTopicsRequest& request,
                                           const RequestLimits& limits) {
  int64_t items = request.topics_size();
  if (auto error = CheckCount(items, limits.max_items, "topics")) return error;
  int64_t partitions = 0;
  for (const NewTopic& topic : request.topics()) {
    items += topic.configs_size();
    // Only one of the two is valid; the decision says so.
    partitions += int64_t{topic.assignments_size()} + std::max(topic.partition_count(), 0);
  }
  if (auto error = CheckCount(items, limits.max_items, "topics and configs")) return error;
  return CheckCount(partitions, limits.max_partitions, "partitions");
}

bool IsLarge(const CreateTopicsRequest& request, const metadata::MetadataImage& /*image*/) {
  int64_t cost = 0;
  for (const NewTopic& topic : request.topics()) {
    const int64_t partitions =
        int64_t{topic.assignments_size()} + std::max(topic.partition_count(), 1);
    cost += kCostPerTopic + partitions * kCostPerPartition;
    for (const auto& config : topic.configs()) cost += CostOfConfig(config.value());
  }
  return cost > kMaxCostOnLoop;
}

}  // namespace quorate::controller
