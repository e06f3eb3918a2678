#include "controller/decide/leaders/leader_election.h"

#include <algorithm>
#include <utility>

#include "controller/decide/configs/config_keys.h"
#include "controller/decide/partitions/isr_change.h"
#include "google/protobuf/io/coded_stream.h"

namespace quorate::controller {
namespace {

// Topic id, tags, lengths and the enclosing Record of a PartitionChangesRecord, rounded up.
constexpr size_t kRecordOverheadBytes = 48;

// A PartitionExtras with its tag and length, rounded up.
constexpr size_t kExtrasBytes = 32;

size_t BytesOf(const metadata::PartitionChange& change) {
  using google::protobuf::io::CodedOutputStream;
  return CodedOutputStream::VarintSize32SignExtended(change.partition) +
         CodedOutputStream::VarintSize32(change.isr_mask) + 1 +
         (change.extras.has_value() ? kExtrasBytes : 0);
}

bool IsChange(const metadata::PartitionView& now, const metadata::PartitionChange& change) {
  return change.isr_mask != now.isr_mask() || change.leader_position != now.leader_position();
}

bool UncleanElectionEnabled(const metadata::MetadataImage& image, const std::string& topic) {
  const auto configs = image.Configs(metadata::ConfigResourceType::kTopic, topic);
  const auto it = configs.find(kUncleanLeaderElectionKey);
  return it != configs.end() && it->second == "true";
}

// Returns whether one of `brokers` is in the ISR, or is a replica while there is no leader.
bool Concerns(const metadata::PartitionView& partition, const absl::flat_hash_set<int32_t>& brokers,
              SettlementCounts* counts) {
  const bool has_leader = partition.leader_position().has_value();
  const auto replicas = partition.replicas();
  for (size_t i = 0; i < replicas.size(); ++i) {
    if (has_leader && (partition.isr_mask() >> i & 1) == 0) continue;
    ++counts->lookups;
    if (brokers.contains(replicas[i])) return true;
  }
  return false;
}

void CountChange(const std::optional<size_t>& before, const std::optional<size_t>& after,
                 SettlementCounts* counts) {
  ++counts->changed;
  if (before == after) return;
  if (!after) {
    ++counts->leaders_lost;
  } else {
    ++(before ? counts->leaders_moved : counts->leaders_found);
  }
}

}  // namespace

ActiveBrokers::ActiveBrokers(const metadata::MetadataImage& image) {
  for (const auto& [id, broker] : image.brokers()) {
    if (broker->active()) Add(id);
  }
}

uint32_t ActiveBrokers::MaskOf(const std::vector<BrokerId>& replicas) const {
  uint32_t mask = 0;
  for (size_t i = 0; i < replicas.size(); ++i) {
    if (Contains(replicas[i])) mask |= 1u << i;
  }
  return mask;
}

uint32_t ActiveBrokers::MaskOf(const metadata::PartitionView& partition) const {
  uint32_t mask = 0;
  for (size_t i = 0; i < partition.replica_count(); ++i) {
    if (Contains(partition.replica(i))) mask |= 1u << i;
  }
  return mask;
}

metadata::PartitionChange Settle(const metadata::PartitionView& partition, uint32_t active_mask,
                                 bool unclean) {
  const auto first_of = [](uint32_t mask) { return static_cast<size_t>(__builtin_ctz(mask)); };
  const uint32_t isr = partition.isr_mask() & active_mask;
  if (isr != 0) {
    const auto leader = partition.leader_position();
    const bool stays = leader && (isr >> *leader & 1) != 0;
    return ChangeIsr(partition, isr, stays ? *leader : first_of(isr));
  }
  if (unclean && active_mask != 0) {
    const size_t leader = first_of(active_mask);
    return ChangeIsr(partition, 1u << leader, leader);
  }
  return ChangeIsr(partition, partition.isr_mask(), std::nullopt);
}

SettlementCounts SettlePartitionsOf(const metadata::MetadataImage& image,
                                    std::span<const BrokerId> brokers, const ActiveBrokers& active,
                                    size_t max_bytes, metadata::v1::RecordBatch* batch) {
  SettlementCounts counts;
  absl::flat_hash_set<int32_t> concerned;
  for (const BrokerId broker : brokers) concerned.insert(broker.value());
  size_t bytes = batch->ByteSizeLong();
  image.ForEachTopic([&](const metadata::TopicPtr& topic) {
    std::optional<bool> unclean;  // looked up only for a topic that needs it
    std::vector<metadata::PartitionChange> changes;
    for (int32_t i = 0; counts.complete && i < topic->partition_count(); ++i) {
      const metadata::PartitionView partition = topic->partition(i);
      if (!Concerns(partition, concerned, &counts)) continue;
      const uint32_t active_mask = active.MaskOf(partition);
      metadata::PartitionChange change = Settle(partition, active_mask, /*unclean=*/false);
      if (!change.leader_position && active_mask != 0) {
        if (!unclean) unclean = UncleanElectionEnabled(image, topic->name());
        change = Settle(partition, active_mask, *unclean);
      }
      if (!IsChange(partition, change)) continue;
      bytes += BytesOf(change) + (changes.empty() ? kRecordOverheadBytes : 0);
      if (bytes > max_bytes) {
        counts.complete = false;
        break;
      }
      CountChange(partition.leader_position(), change.leader_position, &counts);
      changes.push_back(std::move(change));
    }
    if (!changes.empty()) {
      *batch->add_records() = metadata::MakePartitionChangesRecord(topic->id(), changes);
    }
  });
  return counts;
}

SettlementCounts ElectUncleanly(const metadata::TopicImage& topic, const ActiveBrokers& active,
                                metadata::v1::RecordBatch* batch) {
  SettlementCounts counts;
  std::vector<metadata::PartitionChange> changes;
  for (int32_t i = 0; i < topic.partition_count(); ++i) {
    const metadata::PartitionView partition = topic.partition(i);
    if (partition.leader_position()) continue;
    metadata::PartitionChange change =
        Settle(partition, active.MaskOf(partition), /*unclean=*/true);
    if (!IsChange(partition, change)) continue;
    CountChange(partition.leader_position(), change.leader_position, &counts);
    changes.push_back(std::move(change));
  }
  if (!changes.empty()) {
    *batch->add_records() = metadata::MakePartitionChangesRecord(topic.id(), changes);
  }
  return counts;
}

}  // namespace quorate::controller
