// A cluster for tests of decisions. It replays what they decide at once, as the pipeline would.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/random.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/configs/config_decisions.h"
#include "controller/decide/decision.h"
#include "controller/decide/partitions/assign_replicas.h"
#include "controller/decide/topics/topic_decisions.h"
#include "controller/testing/partition_text.h"
#include "controller/testing/supported_versions.h"
#include "metadata/testing/test_log.h"

namespace quorate::controller {

class DecisionFixture {
 public:
  explicit DecisionFixture(uint64_t seed = 1) : rng_(seed) {
    log_.MustAppend({metadata::MakeMetadataVersionRecord(1)});
  }

  const metadata::MetadataImage& image() const { return log_.image(); }

  // The log is at metadata version 1 unless a test upgrades it.
  void UpgradeTo(uint32_t version) {
    log_.MustAppend({metadata::MakeMetadataVersionRecord(version)});
  }

  View view() {
    tally_.AdvanceTo(image());
    return {.image = image(), .tally = tally_};
  }

  Context context() { return {.rng = &rng_, .principal = "tester"}; }

  template <typename T>
  void Apply(const Decision<T>& decision) {
    if (decision.records.records().empty()) return;
    log_.MustAppend({decision.records.records().begin(), decision.records.records().end()});
  }

  void Append(const metadata::v1::Record& record) { log_.MustAppend({record}); }

  // Changes partition 0 of a topic. The log is then at metadata version 2 or higher.
  void Change(const std::string& topic, const metadata::PartitionChange& change) {
    if (image().metadata_version() < 2) UpgradeTo(2);
    const std::vector<metadata::PartitionChange> changes = {change};
    Append(metadata::MakePartitionChangesRecord(image().FindTopicByName(topic)->id(), changes));
  }

  // Begins to keep eligible leader replicas (KIP-966). The log is then at metadata version 3.
  void UseEligibleLeaderReplicas() {
    if (image().metadata_version() < metadata::kFeatureLevelsVersion) {
      UpgradeTo(metadata::kFeatureLevelsVersion);
    }
    Append(metadata::MakeFeatureLevelRecord(metadata::kEligibleLeaderReplicasFeature, 1));
  }

  // Broker `id` restarts as its `life`-th incarnation after a clean stop, and is unfenced.
  void RestartCleanly(int32_t id, uint16_t life) {
    auto request = RegistrationOf(id, life);
    request.set_previous_broker_epoch(image().FindBroker(BrokerId(id))->broker_epoch);
    Apply(DecideRegisterBroker(view(), request, {.registered_one_is_gone = true}, kClusterId,
                               context()));
    Heartbeat(id);
  }

  // Registers broker `id` as its `life`-th incarnation; fenced.
  void Register(int32_t id, uint16_t life = 1, const std::string& rack = "") {
    const auto decision =
        DecideRegisterBroker(view(), RegistrationOf(id, life, rack),
                             {.registered_one_is_gone = true}, kClusterId, context());
    CHECK(std::holds_alternative<broker::v1::RegisterBrokerResponse>(decision.answer));
    Apply(decision);
  }

  // Registers broker `id` as its `life`-th incarnation with these log directories, and unfences it.
  void StartWith(int32_t id, const std::vector<Uuid>& directories, uint16_t life = 1) {
    Apply(DecideRegisterBroker(view(), RegistrationWith(id, directories, life),
                               {.registered_one_is_gone = true}, kClusterId, context()));
    Heartbeat(id);
  }
  // Broker `id` assigns its replica of partition `index` to the directory; the request must
  // succeed.
  void Assign(int32_t id, const std::string& topic, int32_t index, const Uuid& directory) {
    const auto decision =
        DecideAssignReplicasToDirs(view(), AssignmentOf(id, topic, index, directory), context());
    const auto& response = std::get<broker::v1::AssignReplicasToDirsResponse>(decision.answer);
    const auto& done = response.directories(0).topics(0).partitions(0);
    CHECK(!done.has_error()) << done.error().message();
    Apply(decision);
  }
  // Sends a heartbeat that names these directories as failed, and applies the decision.
  void Fail(int32_t id, const std::vector<Uuid>& directories) {
    auto request = HeartbeatOf(id);
    for (const Uuid& directory : directories) {
      request.add_offline_log_directories(std::string(directory.bytes()));
    }
    CHECK(!CheckHeartbeat(image(), request).has_value());
    Apply(DecideHeartbeat(view(), request, /*others_know=*/true, context()));
  }

  // Registers and unfences brokers 1 to `count`.
  void StartBrokers(int count) {
    for (int32_t id = 1; id <= count; ++id) {
      Register(id);
      Heartbeat(id);
    }
  }

  // Sends a heartbeat of a broker that has replayed everything, and applies the decision.
  broker::v1::HeartbeatResponse Heartbeat(int32_t id, bool want_shutdown = false) {
    auto request = HeartbeatOf(id);
    request.set_want_shutdown(want_shutdown);
    CHECK(!CheckHeartbeat(image(), request).has_value());
    const auto decision = DecideHeartbeat(view(), request, /*others_know=*/true, context());
    Apply(decision);
    return std::get<broker::v1::HeartbeatResponse>(decision.answer);
  }

  void Fence(std::vector<BrokerId> brokers) {
    Departures departures{.dead = std::move(brokers), .why = "the test says so"};
    Context next = context();
    for (bool again = true; again;) {
      const auto decision = DecideDepartures(view(), departures, next);
      Apply(decision);
      again = decision.again;
      departures.goes_on |= decision.settled.changed > 0;
      next.settle_from = decision.settled.rest.value_or(PartitionPlace());
    }
  }
  // The brokers want to stop.
  void Stop(std::vector<BrokerId> brokers) {
    Apply(DecideDepartures(view(), {.stopping = std::move(brokers)}, context()));
  }

  // Creates a topic; the request must succeed.
  metadata::TopicPtr Create(const std::string& name, int32_t partitions, int32_t factor) {
    admin::v1::CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name(name);
    topic->set_partition_count(partitions);
    topic->set_replication_factor(factor);
    return Create(request);
  }
  // Creates a topic with these replicas.
  metadata::TopicPtr Create(const std::string& name,
                            const std::vector<std::vector<int32_t>>& replicas,
                            const std::vector<std::pair<std::string, std::string>>& configs = {}) {
    admin::v1::CreateTopicsRequest request;
    auto* topic = request.add_topics();
    topic->set_name(name);
    for (const auto& of_partition : replicas) {
      topic->add_assignments()->mutable_broker_ids()->Add(of_partition.begin(), of_partition.end());
    }
    for (const auto& [key, value] : configs) {
      auto* config = topic->add_configs();
      config->set_key(key);
      config->set_value(value);
    }
    return Create(request);
  }

  // Sets a config of a topic, or deletes it if there is no value; the request must succeed.
  void SetConfig(const std::string& topic, const std::string& key,
                 const std::optional<std::string>& value) {
    SetConfig(admin::v1::ConfigResource::TOPIC, topic, key, value);
  }
  // The same for the default of all brokers. REQUIRES: metadata version 3.
  void SetDefaultConfig(const std::string& key, const std::optional<std::string>& value) {
    SetConfig(admin::v1::ConfigResource::BROKER, "", key, value);
  }

  // Gives a topic further partitions; the request must succeed.
  metadata::TopicPtr Extend(const std::string& name, int32_t partitions) {
    admin::v1::CreatePartitionsRequest request;
    request.add_topics()->set_name(name);
    request.mutable_topics(0)->set_partition_count(partitions);
    const auto decision = DecideCreatePartitions(view(), request, context());
    const auto& items = std::get<ItemResults>(decision.answer);
    CHECK_EQ(items.at(0).code, 0) << items.at(0).message;
    Apply(decision);
    return image().FindTopicByName(name);
  }

  broker::v1::RegisterBrokerRequest RegistrationOf(int32_t id, uint16_t life = 1,
                                                   const std::string& rack = "") const {
    broker::v1::RegisterBrokerRequest request;
    request.set_cluster_id(kClusterId);
    request.set_broker_id(id);
    request.set_incarnation_id(std::string(IncarnationOf(id, life).bytes()));
    request.set_advertised_endpoint(absl::StrFormat("broker-%d:9092", id));
    request.set_rack(rack);
    AddSupportedFeatures(&request);
    return request;
  }

  broker::v1::RegisterBrokerRequest RegistrationWith(int32_t id,
                                                     const std::vector<Uuid>& directories,
                                                     uint16_t life = 1) const {
    auto request = RegistrationOf(id, life);
    for (const Uuid& directory : directories) {
      request.add_log_directories(std::string(directory.bytes()));
    }
    return request;
  }

  broker::v1::AssignReplicasToDirsRequest AssignmentOf(int32_t id, const std::string& topic,
                                                       int32_t index, const Uuid& directory) const {
    broker::v1::AssignReplicasToDirsRequest request;
    request.set_broker_id(id);
    request.set_broker_epoch(image().FindBroker(BrokerId(id))->broker_epoch);
    auto* of_directory = request.add_directories();
    of_directory->set_id(std::string(directory.bytes()));
    auto* of_topic = of_directory->add_topics();
    of_topic->set_topic_id(std::string(image().FindTopicByName(topic)->id().bytes()));
    of_topic->add_partitions(index);
    return request;
  }

  broker::v1::HeartbeatRequest HeartbeatOf(int32_t id) const {
    const auto* broker = image().FindBroker(BrokerId(id));
    broker::v1::HeartbeatRequest request;
    request.set_broker_id(id);
    request.set_broker_epoch(broker->broker_epoch);
    request.set_incarnation_id(std::string(broker->incarnation_id.bytes()));
    request.set_metadata_end_offset(image().end_offset().value());
    return request;
  }

  static Uuid IncarnationOf(int32_t id, uint16_t life) {
    return metadata::TestUuid(static_cast<uint16_t>(id * 100 + life));
  }

  static constexpr char kClusterId[] = "ZZZZZZZZZZZZZZZZZZZZZw";

 private:
  metadata::TopicPtr Create(const admin::v1::CreateTopicsRequest& request) {
    const auto decision = DecideCreateTopics(view(), request, context());
    const auto& items = std::get<ItemResults>(decision.answer);
    CHECK_EQ(items.at(0).code, 0) << items.at(0).message;
    Apply(decision);
    return image().FindTopicByName(request.topics(0).name());
  }

  void SetConfig(admin::v1::ConfigResource::Type type, const std::string& name,
                 const std::string& key, const std::optional<std::string>& value) {
    admin::v1::IncrementalAlterConfigsRequest request;
    auto* item = request.add_resources();
    item->mutable_resource()->set_type(type);
    item->mutable_resource()->set_name(name);
    auto* change = item->add_changes();
    change->set_key(key);
    change->set_operation(value ? admin::v1::ConfigChange::SET : admin::v1::ConfigChange::DELETE);
    change->set_value(value.value_or(""));
    const auto decision = DecideIncrementalAlterConfigs(view(), request, context());
    const auto& items = std::get<ItemResults>(decision.answer);
    CHECK_EQ(items.at(0).code, 0) << items.at(0).message;
    CHECK(!decision.again) << "the test has too many partitions for one part";
    Apply(decision);
  }

  Rng rng_;
  metadata::TestLog log_;
  PartitionTally tally_;
};

}  // namespace quorate::controller
