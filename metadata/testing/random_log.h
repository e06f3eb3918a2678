// Random valid logs and the model that each leads to, for tests of properties that every log has.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "metadata/record_builders.h"
#include "metadata/testing/naive_model.h"
#include "metadata/testing/random_partitions.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {

// Appends random valid batches to a log, and makes the same changes to a model.
class RandomLog {
 public:
  // The log has metadata version 1 if the seed is even, otherwise the latest version.
  explicit RandomLog(uint64_t seed)
      : metadata_version_(seed % 2 == 0 ? 1 : kLatestMetadataVersion), rng_(seed) {
    log_.MustAppend({MakeMetadataVersionRecord(metadata_version_)});
  }

  const MetadataImage& image() const { return log_.image(); }
  const NaiveModel& model() const { return model_; }
  const std::vector<std::string>& payloads() const { return payloads_; }

  void AppendBatch() {
    batch_.clear();
    offset_ = log_.end_offset();
    for (uint64_t i = 0; i <= rng_.Below(5); ++i) AddRandomRecord();
    // Sometimes try a batch whose last record is invalid: none of it may be applied.
    if (rng_.Below(10) == 0) {
      const MetadataImage before = log_.image();
      std::vector<v1::Record> broken = batch_;
      broken.push_back(MakeRemoveTopicRecord(Uuid::Random(rng_)));
      ASSERT_FALSE(log_.Append(broken).ok());
      ASSERT_EQ(log_.image().end_offset(), before.end_offset());
    }
    if (rng_.Below(20) == 0) log_.NewEpoch();
    const absl::Status status = log_.Append(batch_);
    ASSERT_TRUE(status.ok()) << status;
    v1::RecordBatch batch;
    for (const v1::Record& record : batch_) *batch.add_records() = record;
    payloads_.push_back(batch.SerializeAsString());
  }

 private:
  bool OneIn(uint64_t n) { return rng_.Below(n) == 0; }
  // Like OneIn, for what needs metadata version 2.
  bool NewOneIn(uint64_t n) { return metadata_version_ >= 2 && OneIn(n); }

  void AddRandomRecord() {
    switch (rng_.Below(10)) {
      case 0:
        return AddTopic();
      case 1:
        if (OneIn(3)) RemoveTopic();
        return;
      case 2:
        return AddPartitions();
      case 3:
      case 4:
      case 5:
        return ChangePartitions();
      case 6:
        return RegisterBroker();
      case 7:
        return ChangeBroker();
      case 8:
        if (metadata_version_ >= kProducerIdsVersion && OneIn(4)) return AllocateProducerIds();
        if (metadata_version_ >= kFeatureLevelsVersion && OneIn(4)) return SetFeatureLevel();
        return ChangeConfig();
      default:
        return AddResult();
    }
  }

  void Write(const v1::Record& record, int64_t offsets = 1) {
    batch_.push_back(record);
    offset_ += offsets;
  }

  // Random ids spread over the shards; a third of the ids is in the same shard.
  Uuid RandomId() {
    return OneIn(3) ? TestUuid(static_cast<uint16_t>(1 + rng_.Below(60'000))) : Uuid::Random(rng_);
  }

  std::map<Uuid, NaiveTopic>::iterator AnyTopic() {
    return std::next(model_.topics.begin(),
                     static_cast<ptrdiff_t>(rng_.Below(model_.topics.size())));
  }

  void AddTopic() {
    // There are few names, and many of them differ only in '.' and '_'.
    std::string name = "t";
    for (uint64_t i = 0; i < 6; ++i) name += "._-"[rng_.Below(3)];
    const Uuid id = RandomId();
    const bool taken = std::any_of(model_.topics.begin(), model_.topics.end(), [&](const auto& t) {
      return t.first == id || t.second.name == name;
    });
    if (taken) return;
    Write(MakeTopicRecord(name, id));
    model_.topics[id].name = name;
  }

  void RemoveTopic() {
    if (model_.topics.empty()) return;
    const auto topic = AnyTopic();
    Write(MakeRemoveTopicRecord(topic->first));
    model_.configs.erase({ConfigResourceType::kTopic, topic->second.name});
    model_.topics.erase(topic);
  }

  void AddPartitions() {
    if (model_.topics.empty()) return;
    const auto topic = AnyTopic();
    std::vector<NaivePartition>& known = topic->second.partitions;
    std::vector<NewPartition> added(1 + rng_.Below(OneIn(4) ? 150 : 5));
    // Most records have no extras.
    const bool with_extras = OneIn(3);
    const auto first = static_cast<int32_t>(known.size());
    for (NewPartition& partition : added) {
      partition = partitions_.New(with_extras, known.emplace_back());
    }
    Write(MakePartitionsRecord(topic->first, first, added), static_cast<int64_t>(added.size()));
  }

  void ChangePartitions() {
    if (model_.topics.empty()) return;
    const auto topic = AnyTopic();
    std::vector<NaivePartition>& partitions = topic->second.partitions;
    std::vector<PartitionChange> changes;
    bool would_keep_directories = false;
    for (size_t i = 0; i < partitions.size(); ++i) {
      if (!OneIn(10)) continue;
      changes.push_back(partitions_.Change(static_cast<int32_t>(i), partitions[i]));
      would_keep_directories |= !partitions[i].directories.empty();
    }
    if (changes.empty()) return;
    if (NewOneIn(4)) {
      partitions_.ChangeDirectories(partitions, would_keep_directories, changes);
    }
    Write(MakePartitionChangesRecord(topic->first, changes), static_cast<int64_t>(changes.size()));
  }

  void RegisterBroker() {
    const BrokerRegistration broker{
        .id = BrokerId(static_cast<int32_t>(rng_.Below(8))),
        .incarnation_id = Uuid::Random(rng_),
        .broker_epoch = offset_,
        .endpoint = {.host = "host", .port = static_cast<uint16_t>(1 + rng_.Below(60'000))},
        .rack = OneIn(2) ? "" : "r",
        .endpoint_verified = OneIn(2),
        .details = RandomDetails()};
    Write(MakeRegisterBrokerRecord(broker));
    model_.brokers[broker.id] = broker;
  }

  BrokerDetails RandomDetails() {
    BrokerDetails details;
    if (NewOneIn(2)) details.listeners.push_back({"L", {.host = "host", .port = 1}, 1});
    if (NewOneIn(2)) details.features.push_back({"metadata.version", 1, 2});
    if (NewOneIn(2)) details.log_directories = RandomDirectories();
    return details;
  }

  std::vector<Uuid> RandomDirectories() {
    std::set<Uuid> ids;
    for (uint64_t i = rng_.Below(3); i > 0; --i) ids.insert(Uuid::Random(rng_));
    return {ids.begin(), ids.end()};
  }

  void ChangeBroker() {
    const auto broker = model_.brokers.find(BrokerId(static_cast<int32_t>(rng_.Below(8))));
    if (broker == model_.brokers.end()) return;
    if (NewOneIn(5)) {
      Write(MakeUnregisterBrokerRecord(broker->first, broker->second.broker_epoch));
      model_.brokers.erase(broker);
      return;
    }
    BrokerChange change;
    if (OneIn(2)) change.fenced = OneIn(2);
    if (OneIn(2)) change.in_controlled_shutdown = OneIn(2);
    if (NewOneIn(4)) change.log_directories = RandomDirectories();
    Write(MakeBrokerRegistrationChangeRecord(broker->first, broker->second.broker_epoch, change));
    broker->second.fenced = change.fenced.value_or(broker->second.fenced);
    broker->second.in_controlled_shutdown =
        change.in_controlled_shutdown.value_or(broker->second.in_controlled_shutdown);
    if (change.log_directories.has_value()) {
      BrokerDetails details = *broker->second.details;
      details.log_directories = *change.log_directories;
      broker->second.details = std::move(details);
    }
  }

  void AllocateProducerIds() {
    model_.next_producer_id += 1 + static_cast<int64_t>(rng_.Below(1'000));
    Write(MakeProducerIdsRecord(BrokerId(static_cast<int32_t>(rng_.Below(8))), offset_,
                                model_.next_producer_id));
  }

  void SetFeatureLevel() {
    const size_t feature = rng_.Below(kKnownFeatures.size());
    const auto level = static_cast<uint32_t>(rng_.Below(kKnownFeatures[feature].max_level + 1));
    Write(MakeFeatureLevelRecord(kKnownFeatures[feature].name, level));
    model_.feature_levels[feature] = level;
  }

  void ChangeConfig() {
    std::pair<ConfigResourceType, std::string> resource(ConfigResourceType::kBroker,
                                                        std::to_string(rng_.Below(4)));
    if (!OneIn(3)) {
      if (model_.topics.empty()) return;
      resource = {ConfigResourceType::kTopic, AnyTopic()->second.name};
    } else if (metadata_version_ >= kDefaultBrokerConfigsVersion && OneIn(3)) {
      resource.second = kDefaultOfBrokers;
    }
    const std::string key = std::to_string(rng_.Below(4));
    if (OneIn(2)) {
      const std::string value = std::to_string(rng_.Below(100));
      Write(MakeConfigRecord(resource.first, resource.second, key, value));
      model_.configs[resource][key] = value;
      return;
    }
    Write(MakeConfigRecord(resource.first, resource.second, key, std::nullopt));
    model_.configs[resource].erase(key);
    if (model_.configs[resource].empty()) model_.configs.erase(resource);
  }

  void AddResult() {
    RequestResult result{
        .principal = OneIn(2) ? "alice" : "bob",
        .request_id = {TestUuid(static_cast<uint16_t>(1 + rng_.Below(3))), ++sequence_},
        .method = "m",
        .request_hash = rng_.Next(),
        .items = std::vector<RequestResult::Item>(rng_.Below(3))};
    if (NewOneIn(2)) result.response.assign(rng_.Below(300), 'r');
    Write(MakeRequestResultRecord(result), 0);
    model_.results.push_back(result);
  }

  const uint32_t metadata_version_;
  Rng rng_;
  RandomPartitions partitions_{metadata_version_, &rng_};
  TestLog log_;
  NaiveModel model_;
  int64_t sequence_ = 0;
  // The records of the batch that is being made, and the offset of the next record.
  std::vector<v1::Record> batch_;
  int64_t offset_ = 0;
  std::vector<std::string> payloads_;
};

}  // namespace quorate::metadata
