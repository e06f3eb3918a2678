#include "tests/fuzz/cluster_properties.h"

#include <cstddef>
#include <set>
#include <string>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "controller/decide/leaders/leader_election.h"
#include "metadata/image_state.h"
#include "metadata/image_text.h"

namespace quorate::fuzz {
namespace {

using metadata::MetadataImage;
using metadata::PartitionView;

std::string Name(const metadata::TopicImage& topic, const PartitionView& partition) {
  return absl::StrFormat("%s-%d: %s", topic.name(), partition.index(),
                         metadata::PartitionText(partition));
}

// A replica that is gone must not go on with what an old leader epoch allowed.
bool LeavesAReplica(const PartitionView& before, const PartitionView& after) {
  for (const int32_t replica : before.replicas()) {
    if (!after.PositionOf(BrokerId(replica))) return true;
  }
  return false;
}

void CheckChangedPartition(const PartitionView& before, const PartitionView& after,
                           const std::string& name) {
  const std::string change = name + ", before: " + metadata::PartitionText(before);
  CHECK_EQ(after.partition_epoch(), before.partition_epoch() + 1) << change;
  const bool grows = before.leader() != after.leader() || LeavesAReplica(before, after);
  CHECK_EQ(after.leader_epoch(), before.leader_epoch() + (grows ? 1 : 0)) << change;
}

void CheckTopic(const metadata::TopicImage* before, const metadata::TopicImage& after) {
  const int32_t old_count = before == nullptr ? 0 : before->partition_count();
  CHECK_GE(after.partition_count(), old_count) << after.name();
  for (int32_t i = 0; i < after.partition_count(); ++i) {
    const PartitionView now = after.partition(i);
    if (i >= old_count) {
      CHECK_EQ(now.leader_epoch(), 0) << Name(after, now);
      CHECK_EQ(now.partition_epoch(), 0) << Name(after, now);
    } else if (!(before->partition(i) == now)) {
      CheckChangedPartition(before->partition(i), now, Name(after, now));
    }
  }
}

void CheckBrokers(const MetadataImage& before, const MetadataImage& after) {
  for (const auto& [id, broker] : after.brokers()) {
    const metadata::BrokerRegistration* old = before.FindBroker(id);
    if (old != nullptr && old->incarnation_id == broker->incarnation_id) {
      CHECK_EQ(broker->broker_epoch, old->broker_epoch) << "broker " << id.value();
    } else {
      // The offset of its record.
      CHECK_GE(broker->broker_epoch, before.end_offset().value()) << "broker " << id.value();
      CHECK_LT(broker->broker_epoch, after.end_offset().value()) << "broker " << id.value();
      CHECK(broker->fenced) << "broker " << id.value() << " registers and is not fenced";
    }
  }
}

uint32_t AllOf(const PartitionView& partition) {
  return static_cast<uint32_t>((uint64_t{1} << partition.replica_count()) - 1);
}

void CheckPartition(const PartitionView& partition, uint32_t active_mask, bool is_unclean,
                    const std::string& name) {
  const std::set<int32_t> replicas(partition.replicas().begin(), partition.replicas().end());
  CHECK_EQ(replicas.size(), partition.replica_count()) << name;
  const uint32_t isr = partition.isr_mask();
  CHECK_EQ(isr & ~AllOf(partition), 0u) << "the ISR is not among the replicas: " << name;
  CHECK_EQ(isr & partition.elr_mask(), 0u) << "the ISR and the ELR overlap: " << name;
  if (partition.leader()) {
    CHECK(partition.InIsr(*partition.leader())) << "the leader is not in the ISR: " << name;
    CHECK_EQ(isr & ~active_mask, 0u) << "an ISR member is not active: " << name;
  } else {
    const uint32_t may_lead = isr != 0 ? isr : partition.elr_mask();
    CHECK_EQ(may_lead & active_mask, 0u) << "no leader, although one is possible: " << name;
    CHECK(!is_unclean || active_mask == 0)
        << "no leader, although the topic allows any active replica to lead: " << name;
  }
  const uint32_t target = AllOf(partition) & ~partition.removing_mask();
  const bool is_reassigning = (partition.adding_mask() | partition.removing_mask()) != 0;
  CHECK(!is_reassigning || (target & ~isr) != 0)
      << "the whole target is in the ISR, but the reassignment is not complete: " << name;
  CHECK(!partition.recovering() || partition.isr_count() == 1) << name;
}

}  // namespace

void CheckBatch(const MetadataImage& before, const MetadataImage& after) {
  CHECK_GT(after.end_offset(), before.end_offset());
  CHECK_GE(after.metadata_version(), before.metadata_version());
  CHECK_GE(after.Get<metadata::ProducerIdsImage>().next_producer_id(),
           before.Get<metadata::ProducerIdsImage>().next_producer_id());
  CheckBrokers(before, after);
  after.ForEachTopic([&](const metadata::TopicPtr& topic) {
    CheckTopic(before.FindTopic(topic->id()).get(), *topic);
  });
}

void CheckPartitions(const MetadataImage& image) {
  const controller::ActiveBrokers active(image);
  image.ForEachTopic([&](const metadata::TopicPtr& topic) {
    const bool is_unclean = controller::AllowsUncleanElection(image, *topic);
    for (int32_t i = 0; i < topic->partition_count(); ++i) {
      const PartitionView partition = topic->partition(i);
      CheckPartition(partition, active.MaskOf(partition), is_unclean, Name(*topic, partition));
    }
  });
}

}  // namespace quorate::fuzz
