#include "metadata/state_hash.h"

#include <xxhash.h>

#include <bit>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"

namespace quorate::metadata {
namespace {

static_assert(std::endian::native == std::endian::little,
              "integers are hashed as they are in memory");

// Feeds values to the hash so that different contents give different bytes: every integer takes
// eight bytes, and strings and lists begin with their length.
class ContentHasher {
 public:
  ContentHasher() : state_(XXH3_createState(), &XXH3_freeState) {
    CHECK_EQ(XXH3_64bits_reset(state_.get()), XXH_OK);
  }

  void Add(int64_t value) { AddBytes(&value, sizeof(value)); }
  void Add(const Uuid& id) { AddBytes(id.bytes().data(), id.bytes().size()); }
  void Add(std::string_view text) {
    Add(static_cast<int64_t>(text.size()));
    AddBytes(text.data(), text.size());
  }
  uint64_t Digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  void AddBytes(const void* data, size_t size) {
    CHECK_EQ(XXH3_64bits_update(state_.get(), data, size), XXH_OK);
  }

  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

void AddBroker(const BrokerRegistration& broker, ContentHasher& hasher) {
  hasher.Add(broker.id.value());
  hasher.Add(broker.incarnation_id);
  hasher.Add(broker.broker_epoch);
  hasher.Add(broker.endpoint.host);
  hasher.Add(broker.endpoint.port);
  hasher.Add(broker.rack);
  hasher.Add((broker.endpoint_verified ? 1 : 0) | (broker.fenced ? 2 : 0) |
             (broker.in_controlled_shutdown ? 4 : 0));
}

void AddTopic(const TopicImage& topic, ContentHasher& hasher) {
  hasher.Add(topic.id());
  hasher.Add(topic.name());
  hasher.Add(topic.partition_count());
  topic.ForEachChangedPartition(nullptr, [&](const PartitionView& partition) {
    hasher.Add(static_cast<int64_t>(partition.replica_count()));
    for (const int32_t replica : partition.replicas()) hasher.Add(replica);
    hasher.Add(partition.isr_mask());
    hasher.Add(partition.leader_position().has_value()
                   ? static_cast<int64_t>(*partition.leader_position())
                   : -1);
    hasher.Add(partition.leader_epoch());
    hasher.Add(partition.partition_epoch());
  });
}

void AddResult(const RequestResult& result, ContentHasher& hasher) {
  hasher.Add(result.principal);
  hasher.Add(result.request_id.client_uuid);
  hasher.Add(result.request_id.sequence);
  hasher.Add(result.method);
  hasher.Add(static_cast<int64_t>(result.request_hash));
  hasher.Add(static_cast<int64_t>(result.items.size()));
  for (const RequestResult::Item& item : result.items) {
    hasher.Add(item.code);
    hasher.Add(item.message);
    hasher.Add(item.topic_id);
  }
}

}  // namespace

uint64_t StateHash(const MetadataImage& image) {
  ContentHasher hasher;
  hasher.Add(image.metadata_version());
  hasher.Add(static_cast<int64_t>(image.brokers().size()));
  for (const auto& [id, broker] : image.brokers()) AddBroker(*broker, hasher);
  hasher.Add(static_cast<int64_t>(image.topic_count()));
  image.ForEachTopic([&](const TopicPtr& topic) { AddTopic(*topic, hasher); });
  image.ForEachConfiguredResource(
      [&](ConfigResourceType type, const std::string& name, const auto& configs) {
        hasher.Add(static_cast<int64_t>(type));
        hasher.Add(name);
        hasher.Add(static_cast<int64_t>(configs.size()));
        for (const auto& [key, value] : configs) {
          hasher.Add(key);
          hasher.Add(value);
        }
      });
  hasher.Add(int64_t{0});  // ends the list of resources: 0 is not a resource type
  hasher.Add(static_cast<int64_t>(image.request_result_count()));
  image.ForEachRequestResult([&](const RequestResult& result) { AddResult(result, hasher); });
  image.ForEachEvictedClient(
      [&](std::string_view principal, const Uuid& client_uuid, int64_t sequence) {
        hasher.Add(principal);
        hasher.Add(client_uuid);
        hasher.Add(sequence);
      });
  return hasher.Digest();
}

}  // namespace quorate::metadata
