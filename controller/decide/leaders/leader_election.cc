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

// What a topic counts in SettlementPart::max_partitions.
constexpr int64_t kPartitionsPerTopic = 10;

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

// Settles one part (SettlePartitionsOf).
class PartSettler {
 public:
  PartSettler(const metadata::MetadataImage& image, std::span<const BrokerId> brokers,
              const ActiveBrokers& active, const SettlementPart& part,
              metadata::v1::RecordBatch* batch)
      : image_(image), active_(active), part_(part), batch_(batch), bytes_(batch->ByteSizeLong()) {
    for (const BrokerId broker : brokers) brokers_.insert(broker.value());
  }

  // Settles the topic's partitions. Returns false if the part is full.
  bool SettleTopic(const metadata::TopicImage& topic) {
    std::vector<metadata::PartitionChange> changes;
    std::optional<bool> unclean;
    looked_at_ += kPartitionsPerTopic;
    int32_t i = topic.id() == part_.from.topic_id ? part_.from.partition : 0;
    for (; i < topic.partition_count() && looked_at_ < part_.max_partitions; ++i, ++looked_at_) {
      const metadata::PartitionView partition = topic.partition(i);
      auto change = ChangeOf(partition, topic.name(), &unclean);
      if (!change) continue;
      bytes_ += BytesOf(*change) + (changes.empty() ? kRecordOverheadBytes : 0);
      if (bytes_ > part_.max_bytes) break;
      CountChange(partition.leader_position(), change->leader_position, &counts_);
      changes.push_back(*std::move(change));
    }
    if (!changes.empty()) {
      *batch_->add_records() = metadata::MakePartitionChangesRecord(topic.id(), changes);
    }
    if (i == topic.partition_count()) return true;
    counts_.rest = {topic.id(), i};
    return false;
  }

  const SettlementCounts& counts() const { return counts_; }

 private:
  // Returns nullopt if the partition stays as it is. `unclean` keeps whether the topic allows
  // unclean elections; it is looked up only for a topic that needs it.
  std::optional<metadata::PartitionChange> ChangeOf(const metadata::PartitionView& partition,
                                                    const std::string& topic,
                                                    std::optional<bool>* unclean) {
    if (!Concerns(partition)) return std::nullopt;
    const uint32_t active_mask = active_.MaskOf(partition);
    metadata::PartitionChange change = Settle(partition, active_mask, /*unclean=*/false);
    if (!change.leader_position && active_mask != 0) {
      if (!*unclean) *unclean = UncleanElectionEnabled(image_, topic);
      change = Settle(partition, active_mask, **unclean);
    }
    if (!IsChange(partition, change)) return std::nullopt;
    return change;
  }

  // Returns whether one of the brokers is in the ISR, or is a replica while there is no leader.
  bool Concerns(const metadata::PartitionView& partition) {
    const bool has_leader = partition.leader_position().has_value();
    const auto replicas = partition.replicas();
    for (size_t i = 0; i < replicas.size(); ++i) {
      if (has_leader && (partition.isr_mask() >> i & 1) == 0) continue;
      ++counts_.lookups;
      if (brokers_.contains(replicas[i])) return true;
    }
    return false;
  }

  const metadata::MetadataImage& image_;
  const ActiveBrokers& active_;
  const SettlementPart& part_;
  metadata::v1::RecordBatch* const batch_;
  absl::flat_hash_set<int32_t> brokers_;
  size_t bytes_;
  int64_t looked_at_ = 0;
  SettlementCounts counts_;
};

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
                                    const SettlementPart& part, metadata::v1::RecordBatch* batch) {
  PartSettler settler(image, brokers, active, part, batch);
  image.ForEachTopicFrom(part.from.topic_id, [&](const metadata::TopicPtr& topic) {
    return settler.SettleTopic(*topic);
  });
  return settler.counts();
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
