#include "broker/isr_proposer.h"

#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "base/check.h"
#include "base/failpoint.h"

namespace quorate::broker {
namespace {

using metadata::BrokerRegistration;
using metadata::ChangedPartitions;
using metadata::MetadataImage;
using metadata::PartitionView;
using metadata::TopicImage;
using metadata::TopicPtr;

// The number of partitions that one Step looks at.
constexpr size_t kPartitionsPerStep = 20'000;

// Returns whether a broker has become active, so that it may now be in ISRs.
bool AnyBecameActive(const MetadataImage& before, const MetadataImage& now) {
  for (const auto& [id, broker] : now.brokers()) {
    if (!broker->active()) continue;
    const BrokerRegistration* earlier = before.FindBroker(id);
    if (earlier == nullptr || !earlier->active()) return true;
  }
  return false;
}

}  // namespace

IsrProposer::IsrProposer(const BrokerOptions& options, Executor* executor, const Clock* clock,
                         Rng* rng, ControllerChannel* channel)
    : options_(options),
      channel_(channel),
      pacer_(executor, clock, rng, [this](const ActiveSession& session) { return Send(session); }) {
}

void IsrProposer::Begin(const MetadataImage& now) {
  CHECK(!walk_) << "the last image has not been processed yet";
  const bool look_at_all = AnyBecameActive(image_, now);
  if (look_at_all) {
    absl::erase_if(wanted_,
                   [&](const auto& entry) { return now.FindTopic(entry.first) == nullptr; });
  }
  walk_.emplace(look_at_all ? MetadataImage() : image_, now);
  image_ = now;
}

bool IsrProposer::Step() {
  if (!walk_) return false;
  const bool more =
      walk_->Next(kPartitionsPerStep, [this](const ChangedPartitions::Change& change) {
        if (change.now) {
          Review(change.topic, *change.now);
        } else {
          Forget(change.topic.id(), change.partition);
        }
      });
  if (more) return true;
  walk_.reset();
  pacer_.Wake();
  return false;
}

bool IsrProposer::MayJoin(const PartitionView& partition, size_t position) const {
  const BrokerRegistration* registration = image_.FindBroker(partition.replica(position));
  return registration != nullptr && registration->active() &&
         registration->details->IsOnline(partition.directory(position));
}

bool IsrProposer::CallsForProposal(const PartitionView& partition) const {
  if (partition.leader() != options_.broker_id) return false;
  for (size_t position = 0; position < partition.replica_count(); ++position) {
    const bool in_isr = (partition.isr_mask() >> position & 1) != 0;
    if (!in_isr && MayJoin(partition, position)) return true;
  }
  return false;
}

void IsrProposer::Review(const TopicImage& topic, const PartitionView& partition) {
  if (CallsForProposal(partition)) {
    wanted_[topic.id()].try_emplace(partition.index());
  } else {
    Forget(topic.id(), partition.index());
  }
}

void IsrProposer::Forget(const Uuid& topic_id, int32_t partition) {
  const auto entry = wanted_.find(topic_id);
  if (entry == wanted_.end()) return;
  entry->second.erase(partition);
  if (entry->second.empty()) wanted_.erase(entry);
}

bool IsrProposer::Send(const ActiveSession& session) {
  // An image from before this registration names the leaders of an earlier incarnation.
  const BrokerRegistration* self = image_.FindBroker(options_.broker_id);
  if (self == nullptr || self->broker_epoch != session.broker_epoch) return false;
  v1::AlterPartitionRequest request;
  request.set_broker_id(options_.broker_id.value());
  request.set_broker_epoch(session.broker_epoch);
  int room = kMaxPartitionsPerRequest;
  for (const auto& [topic_id, partitions] : wanted_) {
    v1::AlterPartitionRequest::Topic changes;
    AddTopic(topic_id, partitions, room, changes);
    room -= changes.partitions_size();
    if (changes.partitions_size() > 0) *request.add_topics() = std::move(changes);
    if (room == 0) break;
  }
  if (request.topics_size() == 0) return false;

  const auto done = [this](const v1::AlterPartitionRequest& sent,
                           const CallResult<v1::AlterPartitionResponse>& result) {
    if (const absl::Status lost = Failpoint("broker.alter_partition"); !lost.ok()) {
      LOG(WARNING) << "the answer to AlterPartition is lost: " << lost;
      pacer_.OnDone(false);
    } else if (const auto* error = std::get_if<common::v1::Error>(&result)) {
      LOG(WARNING) << "AlterPartition failed, retrying: " << error->message();
      pacer_.OnDone(false);
    } else {
      pacer_.OnDone(OnResponse(sent, std::get<v1::AlterPartitionResponse>(result)));
    }
  };
  v1::AlterPartitionRequest sent = request;
  channel_->AlterPartition(
      session.endpoint, options_.call_timeout, std::move(request),
      [done, sent = std::move(sent)](const CallResult<v1::AlterPartitionResponse>& result) {
        done(sent, result);
      });
  return true;
}

void IsrProposer::AddTopic(const Uuid& topic_id, const Proposals& wanted, int limit,
                           v1::AlterPartitionRequest::Topic& changes) const {
  const TopicPtr topic = image_.FindTopic(topic_id);
  if (topic == nullptr) return;
  changes.set_topic_id(std::string(topic_id.bytes()));
  for (const auto& [index, proposal] : wanted) {
    if (changes.partitions_size() == limit || index >= topic->partition_count()) return;
    const PartitionView partition = topic->partition(index);
    if (partition.partition_epoch() == proposal.accepted_on_epoch || !CallsForProposal(partition)) {
      continue;
    }
    v1::AlterPartitionRequest::Partition& change = *changes.add_partitions();
    change.set_partition(index);
    change.set_leader_epoch(partition.leader_epoch());
    change.set_partition_epoch(partition.partition_epoch());
    for (size_t position = 0; position < partition.replica_count(); ++position) {
      const BrokerId replica = partition.replica(position);
      if (!partition.InIsr(replica) && !MayJoin(partition, position)) continue;
      const BrokerRegistration* registration = image_.FindBroker(replica);
      v1::AlterPartitionRequest::IsrMember& member = *change.add_new_isr();
      member.set_broker_id(replica.value());
      member.set_broker_epoch(registration == nullptr ? -1 : registration->broker_epoch);
    }
  }
}

bool IsrProposer::OnResponse(const v1::AlterPartitionRequest& request,
                             const v1::AlterPartitionResponse& response) {
  int asked = 0;
  for (const auto& topic : request.topics()) asked += topic.partitions_size();
  int accepted = 0;
  for (int t = 0; t < std::min(request.topics_size(), response.topics_size()); ++t) {
    const auto& asked_topic = request.topics(t);
    const auto& answered_topic = response.topics(t);
    const std::optional<Uuid> topic_id = Uuid::FromBytes(asked_topic.topic_id());
    const auto wanted = wanted_.find(*topic_id);
    const int partitions =
        std::min(asked_topic.partitions_size(), answered_topic.partitions_size());
    for (int p = 0; p < partitions; ++p) {
      const auto& answer = answered_topic.partitions(p);
      // The proposal was accepted and completed a reassignment, so that another broker leads.
      const bool leads_no_longer = answer.error().code() == common::v1::NEW_LEADER_ELECTED;
      if (answer.has_error() && !leads_no_longer) {
        VLOG(1) << "AlterPartition of " << *topic_id << "-" << answer.partition() << ": "
                << answer.error().message();
        continue;
      }
      ++accepted;
      if (wanted == wanted_.end()) continue;
      const auto proposal = wanted->second.find(asked_topic.partitions(p).partition());
      if (proposal == wanted->second.end()) continue;
      proposal->second.accepted_on_epoch = asked_topic.partitions(p).partition_epoch();
    }
  }
  LOG(INFO) << "proposed unfenced replicas for the ISRs of " << asked << " partitions: " << accepted
            << " accepted";
  return accepted == asked;
}

}  // namespace quorate::broker
