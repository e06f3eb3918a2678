#include "tests/sim/isr_requests.h"

#include <string>

namespace quorate::sim {
namespace {

// The first partitions of each topic stay out of sync for longer, so that a broker may be in sync
// enough to lead others again.
constexpr int32_t kSlowPartitions = 3;

using broker::v1::AlterPartitionRequest;

// Adds the ISR that the leader has found, if it is another one.
void AddPartition(const metadata::MetadataImage& view, const metadata::PartitionView& partition,
                  Rng& rng, bool hurry, AlterPartitionRequest::Topic* topic) {
  const uint64_t one_in = partition.index() < kSlowPartitions ? 32 : 2;
  AlterPartitionRequest::Partition request;
  bool changes = false;
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    const metadata::BrokerRegistration* broker = view.FindBroker(partition.replica(i));
    const bool in_isr = (partition.isr_mask() >> i & 1) != 0;
    const bool is_active = broker != nullptr && broker->active();
    const bool stays = in_isr && (hurry || partition.leader_position() == i || rng.Below(64) != 0);
    const bool joins = !in_isr && is_active && (hurry || rng.Below(one_in) == 0);
    changes |= joins || (in_isr && !stays);
    if (broker == nullptr || (!stays && !joins)) continue;
    auto* member = request.add_new_isr();
    member->set_broker_id(broker->id.value());
    member->set_broker_epoch(broker->broker_epoch);
  }
  if (!changes) return;
  request.set_partition(partition.index());
  request.set_leader_epoch(partition.leader_epoch());
  request.set_partition_epoch(partition.partition_epoch());
  *topic->add_partitions() = std::move(request);
}

}  // namespace

std::optional<AlterPartitionRequest> MakeIsrRequest(const metadata::MetadataImage& view,
                                                    BrokerId leader, Rng& rng, bool hurry) {
  AlterPartitionRequest request;
  request.set_broker_id(leader.value());
  request.set_broker_epoch(view.FindBroker(leader)->broker_epoch);
  view.ForEachTopic([&](const metadata::TopicPtr& topic) {
    AlterPartitionRequest::Topic changes;
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const metadata::PartitionView partition = topic->partition(i);
      if (partition.leader() == leader) AddPartition(view, partition, rng, hurry, &changes);
    }
    if (changes.partitions().empty()) return;
    changes.set_topic_id(std::string(topic->id().bytes()));
    *request.add_topics() = std::move(changes);
  });
  if (request.topics().empty()) return std::nullopt;
  return request;
}

}  // namespace quorate::sim
