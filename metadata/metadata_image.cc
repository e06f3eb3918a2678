#include "metadata/metadata_image.h"

#include "metadata/image_state.h"

namespace quorate::metadata {

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

uint32_t MetadataImage::metadata_version() const { return Get<FeaturesImage>().metadata_version(); }

size_t MetadataImage::topic_count() const { return Get<TopicsImage>().size(); }
int64_t MetadataImage::partition_count() const { return Get<TopicsImage>().partition_count(); }

TopicPtr MetadataImage::FindTopic(const Uuid& id) const { return Get<TopicsImage>().Find(id); }

TopicPtr MetadataImage::FindTopicByName(std::string_view name) const {
  return Get<TopicsImage>().FindByName(name);
}

TopicPtr MetadataImage::FindCollidingTopic(std::string_view name) const {
  return Get<TopicsImage>().FindColliding(name);
}

void MetadataImage::ForEachTopic(absl::FunctionRef<void(const TopicPtr&)> fn) const {
  Get<TopicsImage>().ForEach(fn);
}

void MetadataImage::ForEachTopicFrom(const Uuid& id,
                                     absl::FunctionRef<bool(const TopicPtr&)> fn) const {
  Get<TopicsImage>().ForEachFrom(id, fn);
}

std::vector<TopicPtr> MetadataImage::TopicsByName() const { return Get<TopicsImage>().ByName(); }

void MetadataImage::ForEachChangedTopic(
    const MetadataImage& before,
    absl::FunctionRef<void(const TopicPtr& before, const TopicPtr& now)> fn) const {
  Get<TopicsImage>().ForEachChange(before.Get<TopicsImage>(), fn);
}

const std::map<BrokerId, std::shared_ptr<const BrokerRegistration>>& MetadataImage::brokers()
    const {
  return Get<BrokersImage>().registrations();
}

const BrokerRegistration* MetadataImage::FindBroker(BrokerId id) const {
  return Get<BrokersImage>().Find(id);
}

RequestLookup MetadataImage::FindRequest(std::string_view principal, const RequestId& id) const {
  return Get<RequestResultsImage>().table().Find(principal, id);
}

size_t MetadataImage::request_result_count() const {
  return Get<RequestResultsImage>().table().size();
}

void MetadataImage::ForEachRequestResult(absl::FunctionRef<void(const RequestResult&)> fn) const {
  Get<RequestResultsImage>().table().ForEach(fn);
}

void MetadataImage::ForEachEvictedClient(
    absl::FunctionRef<void(std::string_view, const Uuid&, int64_t)> fn) const {
  Get<RequestResultsImage>().table().ForEachEvicted(fn);
}

std::map<std::string, std::string> MetadataImage::Configs(ConfigResourceType type,
                                                          std::string_view name) const {
  const ConfigsImage::Values* values = Get<ConfigsImage>().Find(type, name);
  return values == nullptr ? ConfigsImage::Values() : *values;
}

void MetadataImage::ForEachConfiguredResource(
    absl::FunctionRef<void(ConfigResourceType, const std::string&,
                           const std::map<std::string, std::string>&)>
        fn) const {
  Get<ConfigsImage>().ForEachResource(fn);
}

}  // namespace quorate::metadata
