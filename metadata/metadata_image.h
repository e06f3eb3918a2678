// MetadataImage is the cluster's metadata as a value: the result of replaying the log up to one
// offset. An image never changes. Copying one takes nanoseconds, because copies share all nodes.
// The same type holds the controller's committed and uncommitted state, a broker's view and the
// content of a snapshot.
//
// An image consists of a position and of one object for each record family (record_family.h). The
// largest part is the topics: 1,024 shards of topics -> topic -> chunks of 64 partitions in packed
// arrays. Images share each of these nodes until an ImageBuilder changes it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "base/ids.h"
#include "metadata/broker_registration.h"
#include "metadata/config_resource.h"
#include "metadata/request_result.h"
#include "metadata/topic_image.h"

namespace quorate::metadata {

// The highest metadata version that this program can replay (records.proto has the history). It is
// defined in a file of its own, so that tests can build programs of an older version.
extern const uint32_t kLatestMetadataVersion;

// Thread-compatible: different threads may use copies of one image at the same time. Pointers,
// references and views into an image are valid as long as it is alive.
class MetadataImage {
 public:
  // Makes the empty image at offset 0.
  MetadataImage();
  MetadataImage(const MetadataImage&);
  MetadataImage& operator=(const MetadataImage&);
  MetadataImage(MetadataImage&&) noexcept;
  MetadataImage& operator=(MetadataImage&&) noexcept;
  ~MetadataImage();

  // The offset of the next record, one after the last one in the image.
  RecordOffset end_offset() const;
  // Epoch of the last batch; 0 if there is none.
  Epoch last_epoch() const;
  int64_t last_append_time_ms() const;
  // 0 until there is a MetadataVersionRecord.
  uint32_t metadata_version() const;

  size_t topic_count() const;
  int64_t partition_count() const;
  // These return null if there is no such topic.
  TopicPtr FindTopic(const Uuid& id) const;
  TopicPtr FindTopicByName(std::string_view name) const;
  // Returns a topic whose name differs from `name` only in '.' versus '_', or null. The names of
  // their metrics would collide. A topic named `name` itself does not count.
  TopicPtr FindCollidingTopic(std::string_view name) const;
  // Calls `fn` for each topic, ordered by id.
  void ForEachTopic(absl::FunctionRef<void(const TopicPtr&)> fn) const;
  // Calls `fn` for each topic whose id is `id` or higher, ordered by id, until `fn` returns false.
  void ForEachTopicFrom(const Uuid& id, absl::FunctionRef<bool(const TopicPtr&)> fn) const;
  // Returns all topics, sorted by name.
  std::vector<TopicPtr> TopicsByName() const;
  // Calls `fn`(before, now) for each topic that was created, changed or deleted between `before`
  // and this later image. `before` is null for a created topic, and `now` for a deleted one.
  // Deleted topics come first; both groups are ordered by id. Takes time proportional to the
  // changes, plus at most one pointer comparison for each shard.
  void ForEachChangedTopic(
      const MetadataImage& before,
      absl::FunctionRef<void(const TopicPtr& before, const TopicPtr& now)> fn) const;

  // The registered brokers by id, fenced ones included.
  const std::map<BrokerId, std::shared_ptr<const BrokerRegistration>>& brokers() const;
  // Returns null if the broker is not registered.
  const BrokerRegistration* FindBroker(BrokerId id) const;

  RequestLookup FindRequest(std::string_view principal, const RequestId& id) const;
  size_t request_result_count() const;
  // Calls `fn` for each result, oldest first.
  void ForEachRequestResult(absl::FunctionRef<void(const RequestResult&)> fn) const;
  // Calls `fn` with the highest evicted sequence of each client that also has results here. The
  // order depends only on the content.
  void ForEachEvictedClient(
      absl::FunctionRef<void(std::string_view principal, const Uuid& client_uuid, int64_t sequence)>
          fn) const;

  // Returns the configs of one resource by key; empty if there are none.
  std::map<std::string, std::string> Configs(ConfigResourceType type, std::string_view name) const;
  // Calls `fn` for each resource that has configs, ordered by type, then by name.
  void ForEachConfiguredResource(
      absl::FunctionRef<void(ConfigResourceType type, const std::string& name,
                             const std::map<std::string, std::string>& configs)>
          fn) const;

  // Returns the part of one record family, e.g. Get<ConfigsImage>(). This and ForEachFamily are
  // defined in image_state.h.
  template <typename Family>
  const Family& Get() const;
  // Calls `fn` with the part of each record family, in the order of families/families.h.
  template <typename Fn>
  void ForEachFamily(Fn fn) const;

 private:
  friend class ImageBuilder;
  struct State;
  std::shared_ptr<const State> state_;
};

}  // namespace quorate::metadata
