// NaiveModel is the cluster's metadata in plain maps, without shards, chunks or sharing. Tests
// change it with plain code and compare the result of replay with it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "metadata/image_state.h"
#include "metadata/metadata_image.h"

namespace quorate::metadata {

struct NaivePartition {
  std::vector<BrokerId> replicas;
  std::set<BrokerId> isr;
  std::optional<BrokerId> leader;
  int32_t leader_epoch = 0;
  int32_t partition_epoch = 0;
  std::set<BrokerId> adding;
  std::set<BrokerId> removing;
  std::set<BrokerId> elr;
  std::optional<BrokerId> last_known_leader;
  bool recovering = false;
  // Only replicas that have a directory.
  std::map<BrokerId, Uuid> directories;

  friend bool operator==(const NaivePartition&, const NaivePartition&) = default;
};

struct NaiveTopic {
  std::string name;
  std::vector<NaivePartition> partitions;

  friend bool operator==(const NaiveTopic&, const NaiveTopic&) = default;
};

// Returns the levels of features in a log that says nothing about them, in the order of
// kKnownFeatures.
inline std::vector<uint32_t> DefaultFeatureLevels() {
  std::vector<uint32_t> levels;
  for (const KnownFeature& feature : kKnownFeatures) levels.push_back(feature.default_level);
  return levels;
}

struct NaiveModel {
  std::map<Uuid, NaiveTopic> topics;
  std::map<BrokerId, BrokerRegistration> brokers;
  std::map<std::pair<ConfigResourceType, std::string>, std::map<std::string, std::string>> configs;
  std::vector<RequestResult> results;
  int64_t next_producer_id = 0;
  std::vector<uint32_t> feature_levels = DefaultFeatureLevels();

  friend bool operator==(const NaiveModel&, const NaiveModel&) = default;
};

inline std::set<BrokerId> AsSet(const std::vector<BrokerId>& brokers) {
  return {brokers.begin(), brokers.end()};
}

// Returns the content of an image, read through its public functions. Evictions are left out.
inline NaiveModel ReadModel(const MetadataImage& image) {
  NaiveModel model;
  image.ForEachTopic([&](const TopicPtr& topic) {
    NaiveTopic& read = model.topics[topic->id()];
    read.name = topic->name();
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const PartitionView view = topic->partition(i);
      NaivePartition partition{.replicas = {},
                               .isr = {},
                               .leader = view.leader(),
                               .leader_epoch = view.leader_epoch(),
                               .partition_epoch = view.partition_epoch(),
                               .adding = AsSet(view.ReplicasIn(view.adding_mask())),
                               .removing = AsSet(view.ReplicasIn(view.removing_mask())),
                               .elr = AsSet(view.ReplicasIn(view.elr_mask())),
                               .last_known_leader = view.last_known_leader(),
                               .recovering = view.recovering(),
                               .directories = {}};
      for (size_t p = 0; p < view.replica_count(); ++p) {
        partition.replicas.push_back(view.replica(p));
        if (view.directory(p)) partition.directories[view.replica(p)] = *view.directory(p);
      }
      for (const BrokerId member : view.Isr()) partition.isr.insert(member);
      read.partitions.push_back(std::move(partition));
    }
  });
  for (const auto& [id, broker] : image.brokers()) model.brokers[id] = *broker;
  image.ForEachConfiguredResource(
      [&](ConfigResourceType type, const std::string& name, const auto& configs) {
        model.configs[{type, name}] = configs;
      });
  image.ForEachRequestResult([&](const RequestResult& result) { model.results.push_back(result); });
  model.next_producer_id = image.Get<ProducerIdsImage>().next_producer_id();
  for (size_t i = 0; i < kKnownFeatures.size(); ++i) {
    model.feature_levels[i] = image.Get<FeaturesImage>().LevelOf(i);
  }
  return model;
}

}  // namespace quorate::metadata
