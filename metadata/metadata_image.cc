#include "metadata/metadata_image.h"

#include <xxhash.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "metadata/image_state.h"

namespace quorate::metadata {

uint64_t NormalizedNameHash(std::string_view name) {
  // The name of a topic fits (kMaxTopicNameBytes), so that no memory is allocated.
  absl::InlinedVector<char, 256> normalized(name.begin(), name.end());
  std::replace(normalized.begin(), normalized.end(), '.', '_');
  return XXH3_64bits(normalized.data(), normalized.size());
}

size_t ConfigsByResource::ShardOf(const Key& key) {
  return XXH3_64bits_withSeed(key.second.data(), key.second.size(),
                              static_cast<XXH64_hash_t>(key.first)) >>
         54;
}

namespace {

bool CollideWhenNormalized(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return (x == '.' ? '_' : x) == (y == '.' ? '_' : y); });
}

}  // namespace

MetadataImage::MetadataImage() {
  static const auto& empty = *new std::shared_ptr<const State>(std::make_shared<State>());
  state_ = empty;
}
MetadataImage::MetadataImage(const MetadataImage&) = default;
MetadataImage& MetadataImage::operator=(const MetadataImage&) = default;
MetadataImage::MetadataImage(MetadataImage&&) noexcept = default;
MetadataImage& MetadataImage::operator=(MetadataImage&&) noexcept = default;
MetadataImage::~MetadataImage() = default;

RecordOffset MetadataImage::end_offset() const { return state_->end_offset; }
Epoch MetadataImage::last_epoch() const { return state_->last_epoch; }
int64_t MetadataImage::last_append_time_ms() const { return state_->last_append_time_ms; }
uint32_t MetadataImage::metadata_version() const { return state_->metadata_version; }

size_t MetadataImage::topic_count() const { return state_->topics.size(); }
int64_t MetadataImage::partition_count() const { return state_->partition_count; }

TopicPtr MetadataImage::FindTopic(const Uuid& id) const {
  const TopicPtr* topic = state_->topics.Find(id);
  return topic == nullptr ? nullptr : *topic;
}

TopicPtr MetadataImage::FindTopicByName(std::string_view name) const {
  TopicPtr found;
  const uint64_t hash = NormalizedNameHash(name);
  state_->topic_names.ScanFrom({hash, Uuid()}, [&](const TopicIdsByNameHash::Entry& entry) {
    if (entry.first != hash) return false;
    const TopicPtr& topic = *state_->topics.Find(entry.second);
    if (topic->name() == name) found = topic;
    return found == nullptr;
  });
  return found;
}

TopicPtr MetadataImage::FindCollidingTopic(std::string_view name) const {
  TopicPtr found;
  const uint64_t hash = NormalizedNameHash(name);
  state_->topic_names.ScanFrom({hash, Uuid()}, [&](const TopicIdsByNameHash::Entry& entry) {
    if (entry.first != hash) return false;
    const TopicPtr& topic = *state_->topics.Find(entry.second);
    if (topic->name() != name && CollideWhenNormalized(topic->name(), name)) found = topic;
    return found == nullptr;
  });
  return found;
}

void MetadataImage::ForEachTopic(absl::FunctionRef<void(const TopicPtr&)> fn) const {
  state_->topics.ForEach(fn);
}

std::vector<TopicPtr> MetadataImage::TopicsByName() const {
  std::vector<TopicPtr> topics;
  topics.reserve(topic_count());
  ForEachTopic([&](const TopicPtr& topic) { topics.push_back(topic); });
  std::sort(topics.begin(), topics.end(),
            [](const TopicPtr& a, const TopicPtr& b) { return a->name() < b->name(); });
  return topics;
}

void MetadataImage::ForEachChangedTopic(
    const MetadataImage& before,
    absl::FunctionRef<void(const TopicPtr& before, const TopicPtr& now)> fn) const {
  // Deletions come first, because a topic may have been deleted and created again. The receiver
  // then never sees two topics with one name.
  std::vector<std::pair<TopicPtr, TopicPtr>> present;
  state_->topics.ForEachChange(before.state_->topics,
                               [&](const TopicPtr* old, const TopicPtr* now) {
                                 if (now == nullptr) {
                                   fn(*old, nullptr);
                                 } else if (old == nullptr) {
                                   present.emplace_back(nullptr, *now);
                                 } else if (!(**old == **now)) {
                                   present.emplace_back(*old, *now);
                                 }
                               });
  for (const auto& [old, now] : present) fn(old, now);
}

const std::map<BrokerId, std::shared_ptr<const BrokerRegistration>>& MetadataImage::brokers()
    const {
  return *state_->brokers;
}

const BrokerRegistration* MetadataImage::FindBroker(BrokerId id) const {
  const auto it = brokers().find(id);
  return it == brokers().end() ? nullptr : it->second.get();
}

RequestLookup MetadataImage::FindRequest(std::string_view principal, const RequestId& id) const {
  return state_->request_results.Find(principal, id);
}

size_t MetadataImage::request_result_count() const { return state_->request_results.size(); }

void MetadataImage::ForEachRequestResult(absl::FunctionRef<void(const RequestResult&)> fn) const {
  state_->request_results.ForEach(fn);
}

void MetadataImage::ForEachEvictedClient(
    absl::FunctionRef<void(std::string_view, const Uuid&, int64_t)> fn) const {
  state_->request_results.ForEachEvicted(fn);
}

std::map<std::string, std::string> MetadataImage::Configs(ConfigResourceType type,
                                                          std::string_view name) const {
  const auto* configs = state_->configs.Find({type, name});
  return configs == nullptr ? std::map<std::string, std::string>() : (*configs)->values;
}

void MetadataImage::ForEachConfiguredResource(
    absl::FunctionRef<void(ConfigResourceType, const std::string&,
                           const std::map<std::string, std::string>&)>
        fn) const {
  std::vector<const ResourceConfigs*> resources;
  resources.reserve(state_->configs.size());
  state_->configs.ForEach(
      [&](const ConfigsByResource::Entry& configs) { resources.push_back(configs.get()); });
  std::sort(resources.begin(), resources.end(), [](const auto* a, const auto* b) {
    return std::tie(a->type, a->name) < std::tie(b->type, b->name);
  });
  for (const ResourceConfigs* configs : resources)
    fn(configs->type, configs->name, configs->values);
}

}  // namespace quorate::metadata
