#include "controller/decide/partitions/assign_replicas.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/leaders/leader_election.h"
#include "controller/decide/partitions/partition_change.h"
#include "controller/decide/version_problem.h"
#include "metadata/directory_id.h"

namespace quorate::controller {
namespace {

using broker::v1::AssignReplicasToDirsRequest;
using broker::v1::AssignReplicasToDirsResponse;
using common::v1::Error;
using metadata::PartitionChange;
using metadata::PartitionView;

// nullopt: no directory.
using Directory = std::optional<Uuid>;

// Returns the directory that a request names.
std::variant<Directory, Error> ParseDirectory(const std::string& bytes) {
  const auto id = Uuid::FromBytes(bytes);
  if (!id) {
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("the id of the log directory has %d bytes, not %d",
                                     bytes.size(), Uuid::kBytes));
  }
  if (id->is_zero() || *id == metadata::kUnassignedDirectoryId) return Directory();
  if (*id < metadata::kFirstFreeDirectoryId && *id != metadata::kLostDirectoryId) {
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("the log directory id %s is reserved", id->ToString()));
  }
  return Directory(id);
}

// Collects the changes of one request.
class ReplicaAssigner {
 public:
  ReplicaAssigner(const metadata::MetadataImage& image, const metadata::BrokerRegistration& broker)
      : image_(image), broker_(broker), active_(image), elr_policies_(image) {}

  // Returns why the replica is not assigned, or nullopt.
  std::optional<Error> Assign(const Uuid& topic_id, const metadata::TopicImage* topic,
                              int32_t index, Directory directory) {
    if (topic == nullptr) return MakeError(common::v1::UNKNOWN_TOPIC_ID, "no topic has this id");
    if (index < 0 || index >= topic->partition_count()) {
      return MakeError(common::v1::UNKNOWN_TOPIC_OR_PARTITION,
                       absl::StrFormat("topic \"%s\" has no partition %d", topic->name(), index));
    }
    const PartitionView partition = topic->partition(index);
    const auto position = partition.PositionOf(broker_.id);
    if (!position) {
      return MakeError(common::v1::NOT_LEADER_OR_FOLLOWER,
                       absl::StrFormat("broker %d has no replica of partition %d of topic \"%s\"",
                                       broker_.id.value(), index, topic->name()));
    }
    if (!named_.insert({topic_id, index}).second) {
      return MakeError(common::v1::INVALID_REQUEST,
                       "the request assigns this replica twice; name it once");
    }
    if (directory == broker_.details->OnlyDirectory()) directory.reset();
    if (directory == partition.directory(*position)) return std::nullopt;
    PartitionChange change = SettleWith(
        partition, ActiveMask(partition, *position, directory),
        [&] { return UncleanIn(image_, *topic); }, elr_policies_.Of(*topic));
    SetDirectory(partition, broker_.id, directory.value_or(Uuid()), &change);
    CountChange(partition, change, &counts_);
    changes_[topic_id].emplace(index, std::move(change));
    return std::nullopt;
  }

  const SettlementCounts& counts() const { return counts_; }

  metadata::v1::RecordBatch Records() const {
    metadata::v1::RecordBatch records;
    for (const auto& [topic_id, by_partition] : changes_) {
      std::vector<PartitionChange> changes;
      changes.reserve(by_partition.size());
      for (const auto& [index, change] : by_partition) changes.push_back(change);
      AddPartitionChanges(*image_.FindTopic(topic_id), std::move(changes), &records);
    }
    return records;
  }

 private:
  // Returns the active replicas once the broker's replica is in `directory`.
  uint32_t ActiveMask(const PartitionView& partition, size_t position,
                      const Directory& directory) const {
    const uint32_t own = uint32_t{1} << position;
    const uint32_t others = active_.MaskOf(partition) & ~own;
    return active_.Contains(broker_.id, directory) ? others | own : others;
  }

  const metadata::MetadataImage& image_;
  const metadata::BrokerRegistration& broker_;
  const ActiveBrokers active_;
  ElrPolicies elr_policies_;
  std::set<std::pair<Uuid, int32_t>> named_;
  std::map<Uuid, std::map<int32_t, PartitionChange>> changes_;
  SettlementCounts counts_;
};

}  // namespace

Decision<AssignReplicasToDirsResponse> DecideAssignReplicasToDirs(
    const View& view, const AssignReplicasToDirsRequest& request, const Context& /*context*/) {
  const BrokerId sender(request.broker_id());
  if (auto error = CheckBrokerEpoch(view.image, sender, request.broker_epoch())) {
    return {.answer = *std::move(error)};
  }
  if (std::string problem = VersionProblem(view.image, metadata::kDirectoryAssignmentVersion,
                                           "replicas are assigned to log directories");
      !problem.empty()) {
    return {.answer = MakeError(common::v1::UNSUPPORTED_VERSION, std::move(problem))};
  }
  ReplicaAssigner assigner(view.image, *view.image.FindBroker(sender));
  AssignReplicasToDirsResponse response;
  for (const auto& directory_request : request.directories()) {
    const auto directory = ParseDirectory(directory_request.id());
    auto* of_directory = response.add_directories();
    of_directory->set_id(directory_request.id());
    for (const auto& topic_request : directory_request.topics()) {
      const Uuid topic_id = Uuid::FromBytes(topic_request.topic_id()).value_or(Uuid());
      const metadata::TopicPtr topic = view.image.FindTopic(topic_id);
      auto* of_topic = of_directory->add_topics();
      of_topic->set_topic_id(topic_request.topic_id());
      for (const int32_t index : topic_request.partitions()) {
        auto* of_partition = of_topic->add_partitions();
        of_partition->set_partition(index);
        std::optional<Error> error;
        if (const auto* malformed = std::get_if<Error>(&directory)) {
          error = *malformed;
        } else {
          error = assigner.Assign(topic_id, topic.get(), index, std::get<Directory>(directory));
        }
        if (error) *of_partition->mutable_error() = *std::move(error);
      }
    }
  }
  metadata::v1::RecordBatch records = assigner.Records();
  if (const size_t bytes = records.ByteSizeLong(); bytes > kMaxBatchBytes) {
    return {.answer = TooLargeForOneEntry(bytes)};
  }
  return {.records = std::move(records),
          .answer = std::move(response),
          .cause = absl::StrFormat("log directories of replicas of broker %d", sender.value()),
          .settled = assigner.counts(),
          .election_cause = ElectionCause::kLogDirectory};
}

std::optional<Error> CheckSize(const AssignReplicasToDirsRequest& request,
                               const RequestLimits& limits) {
  int64_t topics = 0;
  int64_t partitions = 0;
  for (const auto& directory : request.directories()) {
    topics += directory.topics_size();
    for (const auto& topic : directory.topics()) partitions += topic.partitions_size();
  }
  if (auto error = CheckCount(request.directories_size(), limits.max_items, "log directories")) {
    return error;
  }
  if (auto error = CheckCount(topics, limits.max_items, "topics")) return error;
  return CheckCount(partitions, limits.max_partitions, "partitions");
}

bool IsLarge(const AssignReplicasToDirsRequest& request, const metadata::MetadataImage& /*image*/) {
  int64_t cost = request.directories_size() * kCostPerTopic;
  for (const auto& directory : request.directories()) {
    cost += directory.topics_size() * kCostPerTopic;
    for (const auto& topic : directory.topics())
      cost += topic.partitions_size() * kCostPerPartition;
  }
  return cost > kMaxCostOnLoop;
}

}  // namespace quorate::controller
