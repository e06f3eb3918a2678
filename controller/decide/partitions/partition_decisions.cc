#include "controller/decide/partitions/partition_decisions.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "controller/decide/brokers/broker_decisions.h"
#include "controller/decide/partitions/isr_change.h"
#include "controller/decide/partitions/partition_change.h"
#include "metadata/record_builders.h"

namespace quorate::controller {
namespace {

using broker::v1::AlterPartitionRequest;
using broker::v1::AlterPartitionResponse;
using common::v1::Error;
using metadata::PartitionChange;
using metadata::PartitionView;
using PartitionRequest = AlterPartitionRequest::Partition;

// Returns why a replica may not join the ISR. Empty: it may.
std::string WhyIneligible(const metadata::MetadataImage& image, const PartitionView& partition,
                          const AlterPartitionRequest::IsrMember& member) {
  const metadata::BrokerRegistration* broker = image.FindBroker(BrokerId(member.broker_id()));
  if (broker == nullptr) return "is not registered";
  if (broker->in_controlled_shutdown) return "is shutting down";
  if (broker->fenced) return "is fenced";
  if (member.broker_epoch() != -1 && member.broker_epoch() != broker->broker_epoch) {
    return absl::StrFormat("is registered with epoch %d, not %d", broker->broker_epoch,
                           member.broker_epoch());
  }
  const auto directory = partition.directory(*partition.PositionOf(broker->id));
  if (!broker->details->IsOnline(directory)) {
    return absl::StrFormat("has its replica in the log directory %s, which is offline",
                           directory->ToString());
  }
  return "";
}

// Checks the epochs and that the sender is the leader.
std::optional<Error> CheckSender(const PartitionView& partition, BrokerId sender,
                                 const PartitionRequest& request) {
  if (request.leader_epoch() > partition.leader_epoch() ||
      request.partition_epoch() > partition.partition_epoch()) {
    return MakeError(common::v1::NOT_CONTROLLER,
                     absl::StrFormat("leader epoch %d or partition epoch %d is above this "
                                     "controller's %d and %d: ask the active controller",
                                     request.leader_epoch(), request.partition_epoch(),
                                     partition.leader_epoch(), partition.partition_epoch()));
  }
  if (request.leader_epoch() < partition.leader_epoch()) {
    return MakeError(common::v1::FENCED_LEADER_EPOCH,
                     absl::StrFormat("leader epoch %d is stale; the current one is %d",
                                     request.leader_epoch(), partition.leader_epoch()));
  }
  if (partition.leader() != sender) {
    return MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("broker %d does not lead this partition", sender.value()));
  }
  if (request.partition_epoch() < partition.partition_epoch()) {
    return MakeError(common::v1::INVALID_UPDATE_VERSION,
                     absl::StrFormat("partition epoch %d is stale; the current one is %d",
                                     request.partition_epoch(), partition.partition_epoch()));
  }
  return std::nullopt;
}

// Returns the requested ISR as a mask, or why it is not possible.
std::variant<uint32_t, Error> CheckIsr(const metadata::MetadataImage& image,
                                       const PartitionView& partition, BrokerId sender,
                                       const PartitionRequest& request) {
  const auto invalid = [](std::string message) {
    return MakeError(common::v1::INVALID_REQUEST, std::move(message));
  };
  uint32_t mask = 0;
  for (const auto& member : request.new_isr()) {
    const auto position = partition.PositionOf(BrokerId(member.broker_id()));
    if (!position) {
      return invalid(absl::StrFormat("broker %d is not a replica", member.broker_id()));
    }
    if ((mask >> *position & 1) != 0) {
      return invalid(absl::StrFormat("the new ISR names broker %d twice", member.broker_id()));
    }
    mask |= 1u << *position;
  }
  if ((mask >> *partition.PositionOf(sender) & 1) == 0) {
    return invalid(absl::StrFormat("the new ISR lacks the leader, broker %d", sender.value()));
  }
  for (const auto& member : request.new_isr()) {
    if (const std::string why = WhyIneligible(image, partition, member); !why.empty()) {
      return MakeError(common::v1::INELIGIBLE_REPLICA,
                       absl::StrFormat("broker %d %s", member.broker_id(), why));
    }
  }
  return mask;
}

// Describes the partition after the change.
void Describe(const PartitionView& partition, const PartitionChange& change, bool changed,
              AlterPartitionResponse::Partition* out) {
  const auto leader = LeaderAfter(partition, change);
  out->set_leader_id(leader ? leader->value() : -1);
  out->set_leader_epoch(LeaderEpochAfter(partition, change));
  out->set_partition_epoch(partition.partition_epoch() + (changed ? 1 : 0));
  for (const BrokerId member : IsrAfter(partition, change)) out->add_isr(member.value());
}

// Returns the error of a change that was made: it completed a reassignment that takes the
// leadership away from the sender.
Error LeadsNoLonger(const PartitionView& partition, const PartitionChange& change) {
  const auto leader = LeaderAfter(partition, change);
  return MakeError(
      common::v1::NEW_LEADER_ELECTED,
      absl::StrFormat(
          "the new ISR completes the reassignment, which removes broker %d; %s in "
          "leader epoch %d",
          partition.leader()->value(),
          leader ? absl::StrFormat("broker %d leads", leader->value()) : "there is no leader",
          LeaderEpochAfter(partition, change)),
      common::v1::UNKNOWN);
}

// Collects the changes of one request.
class PartitionAlterer {
 public:
  PartitionAlterer(const metadata::MetadataImage& image, BrokerId sender)
      : image_(image), sender_(sender), elr_policies_(image) {}

  void Alter(const Uuid& topic_id, const metadata::TopicImage* topic,
             const PartitionRequest& request, AlterPartitionResponse::Partition* out) {
    out->set_partition(request.partition());
    if (topic == nullptr) {
      *out->mutable_error() = MakeError(common::v1::UNKNOWN_TOPIC_ID, "no topic has this id");
      return;
    }
    if (request.partition() < 0 || request.partition() >= topic->partition_count()) {
      *out->mutable_error() = MakeError(
          common::v1::UNKNOWN_TOPIC_OR_PARTITION,
          absl::StrFormat("topic \"%s\" has no partition %d", topic->name(), request.partition()));
      return;
    }
    const PartitionView partition = topic->partition(request.partition());
    if (auto error = CheckSender(partition, sender_, request)) {
      *out->mutable_error() = *std::move(error);
      return;
    }
    auto isr = CheckIsr(image_, partition, sender_, request);
    if (auto* error = std::get_if<Error>(&isr)) {
      *out->mutable_error() = std::move(*error);
      return;
    }
    const uint32_t isr_mask = std::get<uint32_t>(isr);
    const bool changed = isr_mask != partition.isr_mask();
    PartitionChange change{.isr_mask = isr_mask, .leader_position = partition.leader_position()};
    if (changed) {
      change =
          ChangeIsr(partition, isr_mask, partition.leader_position(), elr_policies_.Of(*topic));
      if (!changes_[topic_id].try_emplace(request.partition(), change).second) {
        *out->mutable_error() =
            MakeError(common::v1::INVALID_REQUEST, "the request changes this partition twice");
        return;
      }
    }
    if (LeaderAfter(partition, change) != sender_) {
      *out->mutable_error() = LeadsNoLonger(partition, change);
      return;
    }
    Describe(partition, change, changed, out);
  }

  metadata::v1::RecordBatch Records() const {
    metadata::v1::RecordBatch records;
    for (const auto& [topic_id, by_partition] : changes_) {
      std::vector<PartitionChange> changes;
      for (const auto& [partition, change] : by_partition) changes.push_back(change);
      AddPartitionChanges(*image_.FindTopic(topic_id), std::move(changes), &records);
    }
    return records;
  }

 private:
  const metadata::MetadataImage& image_;
  const BrokerId sender_;
  ElrPolicies elr_policies_;
  std::map<Uuid, std::map<int32_t, PartitionChange>> changes_;
};

}  // namespace

Decision<AlterPartitionResponse> DecideAlterPartition(const View& view,
                                                      const AlterPartitionRequest& request,
                                                      const Context& /*context*/) {
  const BrokerId sender(request.broker_id());
  if (auto error = CheckBrokerEpoch(view.image, sender, request.broker_epoch())) {
    return {.answer = *std::move(error)};
  }
  PartitionAlterer alterer(view.image, sender);
  AlterPartitionResponse response;
  for (const auto& topic_request : request.topics()) {
    const Uuid topic_id = Uuid::FromBytes(topic_request.topic_id()).value_or(Uuid());
    const metadata::TopicPtr topic = view.image.FindTopic(topic_id);
    auto* topic_response = response.add_topics();
    topic_response->set_topic_id(topic_request.topic_id());
    for (const auto& partition : topic_request.partitions()) {
      alterer.Alter(topic_id, topic.get(), partition, topic_response->add_partitions());
    }
  }
  return {.records = alterer.Records(),
          .answer = std::move(response),
          .cause = absl::StrFormat("AlterPartition of broker %d", request.broker_id()),
          .election_cause = ElectionCause::kReassignment};
}

std::optional<Error> CheckSize(const AlterPartitionRequest& request, const RequestLimits& limits) {
  if (auto error = CheckCount(request.topics_size(), limits.max_items, "topics")) return error;
  int64_t partitions = 0;
  for (const auto& topic : request.topics()) partitions += topic.partitions_size();
  return CheckCount(partitions, limits.max_partitions, "partitions");
}

bool IsLarge(const AlterPartitionRequest& request, const metadata::MetadataImage& /*image*/) {
  int64_t cost = request.topics_size() * kCostPerTopic;
  for (const auto& topic : request.topics()) cost += topic.partitions_size() * kCostPerPartition;
  return cost > kMaxCostOnLoop;
}

}  // namespace quorate::controller
