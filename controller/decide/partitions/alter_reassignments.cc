#include "controller/decide/partitions/alter_reassignments.h"

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/leaders/leader_election.h"
#include "controller/decide/leaders/requested_changes.h"
#include "controller/decide/partitions/partition_change.h"
#include "controller/decide/partitions/reassignment.h"
#include "controller/decide/topics/topic_ref.h"
#include "controller/decide/version_problem.h"

namespace quorate::controller {
namespace {

using admin::v1::AlterPartitionReassignmentsRequest;
using admin::v1::AlterPartitionReassignmentsResponse;
using common::v1::Error;
using metadata::PartitionChange;
using metadata::PartitionView;
using PartitionRequest = AlterPartitionReassignmentsRequest::Partition;
using TopicRequest = AlterPartitionReassignmentsRequest::Topic;

// The replicas of a partition are copied, and the other partitions of its chunk, too.
constexpr int64_t kCostPerReassignment = 4 * kCostPerPartition;

ItemResult InvalidAssignment(std::string message) {
  return MakeItemError(common::v1::INVALID_REPLICA_ASSIGNMENT, std::move(message));
}

std::vector<BrokerId> BrokerIds(const admin::v1::ReplicaAssignment& assignment) {
  std::vector<BrokerId> ids;
  for (const int32_t id : assignment.broker_ids()) ids.emplace_back(id);
  return ids;
}

// Decides the topics of one request in turn.
class Reassigner {
 public:
  explicit Reassigner(const metadata::MetadataImage& image) : image_(image), active_(image) {}

  // Decides the partitions of a topic and adds their items.
  void AlterTopic(const metadata::TopicImage& topic, const TopicRequest& request,
                  ItemResults* items) {
    std::map<int32_t, int> times_named;
    for (const PartitionRequest& partition : request.partitions()) {
      ++times_named[partition.partition()];
    }
    // In the order that a record needs.
    std::map<int32_t, PartitionChange> changes;
    for (const PartitionRequest& partition : request.partitions()) {
      std::optional<PartitionChange> change;
      ItemError error =
          CheckPartition(topic, partition.partition(), times_named[partition.partition()]);
      if (!error) error = AlterPartition(topic, partition, &change);
      ItemResult& item = items->emplace_back(error.value_or(ItemResult()));
      item.topic_id = topic.id();
      if (!error && change) changes.emplace(partition.partition(), *std::move(change));
    }
    std::vector<PartitionChange> list;
    list.reserve(changes.size());
    for (auto& [index, change] : changes) list.push_back(std::move(change));
    changes_.Add(topic, std::move(list));
  }

  RequestedChanges& changes() { return changes_; }

 private:
  // Sets `change` if something changes. REQUIRES: the topic has the partition.
  ItemError AlterPartition(const metadata::TopicImage& topic, const PartitionRequest& request,
                           std::optional<PartitionChange>* change) const {
    const PartitionView partition = topic.partition(request.partition());
    if (!request.has_target()) return Cancel(topic, partition, change);
    const std::vector<BrokerId> target = BrokerIds(request.target());
    if (auto error = CheckTarget(partition, target)) return error;
    // Only a partition without a leader may get one uncleanly.
    const bool allow_unclean = !partition.leader() && AllowsUncleanElection(image_, topic);
    PartitionChange wanted = Reassign(partition, target, active_, allow_unclean);
    if (IsChange(partition, wanted)) *change = std::move(wanted);
    return std::nullopt;
  }

  ItemError Cancel(const metadata::TopicImage& topic, const PartitionView& partition,
                   std::optional<PartitionChange>* change) const {
    if (!IsReassigning(partition)) {
      return MakeItemError(common::v1::NO_REASSIGNMENT_IN_PROGRESS,
                           absl::StrFormat("partition %d of topic \"%s\" is not being reassigned, "
                                           "so there is nothing to cancel",
                                           partition.index(), topic.name()));
    }
    const bool allow_unclean = AllowsUncleanElection(image_, topic);
    *change = CancelReassignment(partition, active_.MaskOf(partition), allow_unclean);
    if (*change) return std::nullopt;
    return InvalidAssignment(absl::StrFormat(
        "only replicas that the reassignment adds are in the ISR, and they would leave; %s",
        allow_unclean ? "start the broker of another replica first"
                      : "let another replica catch up first, or allow a leader that may lack "
                        "records (unclean.leader.election.enable)"));
  }

  ItemError CheckTarget(const PartitionView& partition, const std::vector<BrokerId>& target) const {
    const int32_t index = partition.index();
    if (target.empty()) {
      return InvalidAssignment(
          absl::StrFormat("partition %d gets no replicas; name at least one broker", index));
    }
    if (target.size() > metadata::kMaxReplicas) {
      return InvalidAssignment(
          absl::StrFormat("partition %d gets %d replicas; at most %d are allowed", index,
                          target.size(), metadata::kMaxReplicas));
    }
    std::set<BrokerId> seen;
    for (const BrokerId broker : target) {
      if (!seen.insert(broker).second) {
        return InvalidAssignment(
            absl::StrFormat("partition %d names broker %d twice", index, broker.value()));
      }
      if (image_.FindBroker(broker) == nullptr) {
        return InvalidAssignment(absl::StrFormat(
            "partition %d names broker %d, which is not registered", index, broker.value()));
      }
    }
    const size_t merged = MergedReplicas(partition, target).size();
    if (merged > metadata::kMaxReplicas) {
      return InvalidAssignment(absl::StrFormat(
          "partition %d would have %d replicas while it is reassigned; at most %d are allowed: "
          "replace fewer of them at once",
          index, merged, metadata::kMaxReplicas));
    }
    return std::nullopt;
  }

  const metadata::MetadataImage& image_;
  const ActiveBrokers active_;
  RequestedChanges changes_;
};

// Returns UNSUPPORTED_VERSION if the log cannot say which replicas are added and removed.
ItemError CheckVersion(const metadata::MetadataImage& image) {
  std::string problem =
      VersionProblem(image, metadata::kPartitionExtrasVersion, "partitions can be reassigned");
  if (problem.empty()) return std::nullopt;
  return MakeItemError(common::v1::UNSUPPORTED_VERSION, std::move(problem));
}

}  // namespace

Decision<ItemResults> DecideAlterPartitionReassignments(
    const View& view, const AlterPartitionReassignmentsRequest& request,
    const Context& /*context*/) {
  if (auto error = CheckVersion(view.image)) {
    return {.answer = ItemResults(ItemCount(request), *error)};
  }
  const std::vector<ResolvedTopic> resolved = ResolveTopics(view.image, request.topics());
  Reassigner reassigner(view.image);
  ItemResults items;
  items.reserve(ItemCount(request));
  for (int i = 0; i < request.topics_size(); ++i) {
    const auto& [topic, error] = resolved[static_cast<size_t>(i)];
    const TopicRequest& wanted = request.topics(i);
    const auto partitions = static_cast<size_t>(wanted.partitions_size());
    if (error.code != 0) {
      items.insert(items.end(), partitions, error);
    } else {
      reassigner.AlterTopic(*topic, wanted, &items);
    }
  }
  RequestedChanges& changes = reassigner.changes();
  if (const size_t bytes = changes.records().ByteSizeLong(); bytes > kMaxBatchBytes) {
    return {.answer = TooLargeForOneEntry(bytes)};
  }
  if (request.validate_only() || changes.counts().changed == 0) {
    return {.answer = std::move(items)};
  }
  const std::string cause = "AlterPartitionReassignments " + changes.Text();
  return {.records = changes.TakeRecords(),
          .answer = std::move(items),
          .cause = cause,
          .settled = changes.counts(),
          .election_cause = ElectionCause::kReassignment};
}

AlterPartitionReassignmentsResponse ToResponse(const AlterPartitionReassignmentsRequest& request,
                                               const ItemResults& items) {
  AlterPartitionReassignmentsResponse response;
  size_t next = 0;
  for (const TopicRequest& topic : request.topics()) {
    for (const PartitionRequest& partition : topic.partitions()) {
      const ItemResult& item = items.at(next++);
      auto* result = response.add_results();
      result->set_name(topic.topic().name());
      result->set_topic_id(item.topic_id.is_zero() ? topic.topic().topic_id()
                                                   : item.topic_id.ToString());
      result->set_partition(partition.partition());
      if (item.code != common::v1::ERROR_CODE_UNSPECIFIED) *result->mutable_error() = ToError(item);
    }
  }
  return response;
}

size_t ItemCount(const AlterPartitionReassignmentsRequest& request) {
  size_t partitions = 0;
  for (const TopicRequest& topic : request.topics()) {
    partitions += static_cast<size_t>(topic.partitions_size());
  }
  return partitions;
}

std::optional<Error> CheckSize(const AlterPartitionReassignmentsRequest& request,
                               const RequestLimits& limits) {
  if (auto error = CheckCount(request.topics_size(), limits.max_items, "topics")) return error;
  const auto partitions = static_cast<int64_t>(ItemCount(request));
  if (auto error = CheckCount(partitions, limits.max_partitions, "partitions")) return error;
  for (const TopicRequest& topic : request.topics()) {
    if (!topic.partitions().empty()) continue;
    return MakeError(common::v1::INVALID_REQUEST,
                     "the request names a topic without partitions; name each partition to "
                     "reassign, or leave the topic out");
  }
  return std::nullopt;
}

bool IsLarge(const AlterPartitionReassignmentsRequest& request,
             const metadata::MetadataImage& /*image*/) {
  return request.topics_size() * kCostPerTopic +
             static_cast<int64_t>(ItemCount(request)) * kCostPerReassignment >
         kMaxCostOnLoop;
}

}  // namespace quorate::controller
