#include "controller/decide/leaders/leader_election.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "controller/decide/configs/effective_config.h"
#include "controller/decide/partitions/isr_change.h"
#include "controller/decide/partitions/partition_change.h"
#include "google/protobuf/io/coded_stream.h"
#include "metadata/configs/config_keys.h"
#include "metadata/image_state.h"

namespace quorate::controller {
namespace {

// Topic id, tags, lengths and the enclosing Record of a PartitionChangesRecord, rounded up.
constexpr size_t kRecordOverheadBytes = 48;

// A PartitionExtras with its tag and length, rounded up.
constexpr size_t kExtrasBytes = 32;

// A replica id and a directory with its number, rounded up.
constexpr size_t kReplicaBytes = 5;
constexpr size_t kDirectoryBytes = 21;

size_t BytesOf(const metadata::PartitionChange& change) {
  using google::protobuf::io::CodedOutputStream;
  return CodedOutputStream::VarintSize32SignExtended(change.partition) +
         CodedOutputStream::VarintSize32(change.isr_mask) + 1 +
         (change.extras.has_value() ? kExtrasBytes : 0) + change.replicas.size() * kReplicaBytes +
         change.directories.size() * kDirectoryBytes;
}

// Returns the change that gives a partition without a leader its first active replica; nullopt if
// the partition has a leader, or no replica is active.
std::optional<metadata::PartitionChange> UncleanChangeOf(const metadata::PartitionView& partition,
                                                         const ActiveBrokers& active,
                                                         Unclean unclean, const ElrPolicy& elr) {
  if (partition.leader_position()) return std::nullopt;
  metadata::PartitionChange change = Settle(partition, active.MaskOf(partition), unclean, elr);
  if (!IsChange(partition, change)) return std::nullopt;
  return change;
}

// Changes the partitions of one part (ChangePartitions).
class PartChanger {
 public:
  PartChanger(const SettlementPart& part, ChangeFn change_of, metadata::v1::RecordBatch* batch)
      : part_(part), change_of_(change_of), batch_(batch), bytes_(batch->ByteSizeLong()) {}

  // Changes the topic's partitions. Returns false if the part is full.
  bool ChangeTopic(const metadata::TopicImage& topic) {
    std::vector<metadata::PartitionChange> changes;
    looked_at_ += kPartitionsPerTopic;
    int32_t i = topic.id() == part_.from.topic_id ? part_.from.partition : 0;
    for (; i < topic.partition_count() && looked_at_ < part_.max_partitions; ++i, ++looked_at_) {
      const metadata::PartitionView partition = topic.partition(i);
      auto change = change_of_(topic, partition);
      if (!change) continue;
      bytes_ += BytesOf(*change) + (changes.empty() ? kRecordOverheadBytes : 0);
      if (bytes_ > part_.max_bytes || counts_.changed == part_.max_changes) break;
      CountChange(partition, *change, &counts_);
      changes.push_back(*std::move(change));
    }
    AddPartitionChanges(topic, std::move(changes), batch_);
    if (i == topic.partition_count()) return true;
    counts_.rest = {topic.id(), i};
    return false;
  }

  const SettlementCounts& counts() const { return counts_; }

 private:
  const SettlementPart& part_;
  const ChangeFn change_of_;
  metadata::v1::RecordBatch* const batch_;
  size_t bytes_;
  int64_t looked_at_ = 0;
  SettlementCounts counts_;
};

// Decides the changes of a settlement (SettlePartitionsOf).
class Settler {
 public:
  Settler(const metadata::MetadataImage& image, std::span<const BrokerId> brokers,
          const ActiveBrokers& active, BrokerRecords records,
          const std::optional<FormerDirectory>& former)
      : image_(image),
        active_(active),
        elr_policies_(image),
        may_be_lost_(records == BrokerRecords::kMayBeLost),
        former_(former) {
    for (const BrokerId broker : brokers) brokers_.insert(broker.value());
  }

  // Returns nullopt if the partition stays as it is.
  std::optional<metadata::PartitionChange> ChangeOf(const metadata::TopicImage& topic,
                                                    const metadata::PartitionView& partition) {
    if (!Concerns(partition)) return std::nullopt;
    metadata::PartitionChange change = SettleWith(
        partition, active_.MaskOf(partition), [&] { return UncleanIn(topic); },
        elr_policies_.Of(topic), LostMaskOf(partition));
    if (former_) AssignFormerDirectory(partition, &change);
    if (!IsChange(partition, change)) return std::nullopt;
    return change;
  }

  int64_t lookups() const { return lookups_; }

 private:
  // Returns whether one of the brokers is in the ISR, is a replica while there is no leader, or is
  // eligible although it may have lost records.
  bool Concerns(const metadata::PartitionView& partition) {
    uint32_t looked_up = partition.isr_mask();
    if (!partition.leader_position()) looked_up = ~0U;
    if (may_be_lost_) looked_up |= partition.elr_mask();
    const auto replicas = partition.replicas();
    for (size_t i = 0; i < replicas.size(); ++i) {
      if ((looked_up >> i & 1) == 0) continue;
      ++lookups_;
      if (brokers_.contains(replicas[i])) return true;
    }
    return false;
  }

  uint32_t LostMaskOf(const metadata::PartitionView& partition) const {
    uint32_t mask = 0;
    if (!may_be_lost_) return mask;
    const auto replicas = partition.replicas();
    for (size_t i = 0; i < replicas.size(); ++i) {
      if (brokers_.contains(replicas[i])) mask |= 1u << i;
    }
    return mask;
  }

  void AssignFormerDirectory(const metadata::PartitionView& partition,
                             metadata::PartitionChange* change) const {
    const auto position = partition.PositionOf(former_->broker);
    if (!position || partition.directory(*position)) return;
    const std::vector<BrokerId> isr = IsrAfter(partition, *change);
    if (std::find(isr.begin(), isr.end(), former_->broker) == isr.end()) return;
    SetDirectory(partition, former_->broker, former_->directory, change);
  }

  // Looks it up only for a topic that needs it, and once.
  Unclean UncleanIn(const metadata::TopicImage& topic) {
    if (topic_ != topic.id()) {
      topic_ = topic.id();
      unclean_ = controller::UncleanIn(image_, topic);
    }
    return unclean_;
  }

  const metadata::MetadataImage& image_;
  const ActiveBrokers& active_;
  ElrPolicies elr_policies_;
  const bool may_be_lost_;
  const std::optional<FormerDirectory>& former_;
  absl::flat_hash_set<int32_t> brokers_;
  int64_t lookups_ = 0;
  // The topic that was looked up last, and whether it allows unclean elections.
  std::optional<Uuid> topic_;
  Unclean unclean_ = Unclean::kForbidden;
};

}  // namespace

ActiveBrokers::ActiveBrokers(const metadata::MetadataImage& image) {
  for (const auto& [id, broker] : image.brokers()) {
    if (broker->active()) Add(*broker);
  }
}

bool ActiveBrokers::Contains(BrokerId broker, const std::optional<Uuid>& directory) const {
  const auto it = active_.find(broker.value());
  return it != active_.end() && it->second->IsOnline(directory);
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
    if (Contains(partition.replica(i), partition.directory(i))) mask |= 1u << i;
  }
  return mask;
}

bool AllowsUncleanElection(const metadata::MetadataImage& image,
                           const metadata::TopicImage& topic) {
  return EffectiveTopicConfig(image.Get<metadata::ConfigsImage>(), OwnConfigsOf(image, topic),
                              metadata::kUncleanLeaderElectionKey) == "true";
}

Unclean AllowUnclean(const metadata::MetadataImage& image) {
  return image.metadata_version() >= metadata::kPartitionExtrasVersion
             ? Unclean::kAllowed
             : Unclean::kAllowedWithoutMark;
}

Unclean UncleanIn(const metadata::MetadataImage& image, const metadata::TopicImage& topic) {
  return AllowsUncleanElection(image, topic) ? AllowUnclean(image) : Unclean::kForbidden;
}

metadata::PartitionChange Settle(const metadata::PartitionView& partition, uint32_t active_mask,
                                 Unclean unclean, const ElrPolicy& elr, uint32_t lost_mask) {
  const auto first_of = [](uint32_t mask) { return static_cast<size_t>(__builtin_ctz(mask)); };
  const uint32_t isr = partition.isr_mask() & active_mask;
  if (isr != 0) {
    const auto leader = partition.leader_position();
    const bool stays = leader && (isr >> *leader & 1) != 0;
    return ChangeIsr(partition, isr, stays ? *leader : first_of(isr), elr, lost_mask);
  }
  if (elr.in_use) {
    const uint32_t eligible = partition.elr_mask() & active_mask;
    if (eligible != 0) {
      const size_t leader = first_of(eligible);
      return ChangeIsr(partition, 1u << leader, leader, elr, lost_mask);
    }
    const uint32_t have_all = (partition.isr_mask() | partition.elr_mask()) & ~lost_mask;
    const auto last_leader = partition.extras().last_known_leader_position;
    if (have_all == 0 && last_leader && (active_mask >> *last_leader & 1) != 0) {
      return LeadUncleanly(partition, *last_leader, /*marks=*/true);
    }
  }
  if (unclean != Unclean::kForbidden && active_mask != 0) {
    return LeadUncleanly(partition, first_of(active_mask), /*marks=*/unclean == Unclean::kAllowed);
  }
  return ChangeIsr(partition, elr.in_use ? 0 : partition.isr_mask(), std::nullopt, elr, lost_mask);
}

metadata::PartitionChange SettleWith(const metadata::PartitionView& partition, uint32_t active_mask,
                                     absl::FunctionRef<Unclean()> unclean, const ElrPolicy& elr,
                                     uint32_t lost_mask) {
  metadata::PartitionChange change =
      Settle(partition, active_mask, Unclean::kForbidden, elr, lost_mask);
  if (change.leader_position || active_mask == 0) return change;
  return Settle(partition, active_mask, unclean(), elr, lost_mask);
}

std::optional<metadata::PartitionChange> MoveToPreferred(const metadata::PartitionView& partition,
                                                         uint32_t active_mask,
                                                         const ElrPolicy& elr) {
  const auto leader = partition.leader_position();
  const bool may_lead = (partition.isr_mask() & active_mask & 1) != 0;
  if (!leader || *leader == 0 || !may_lead) return std::nullopt;
  return ChangeIsr(partition, partition.isr_mask(), 0, elr);
}

void CountChange(const metadata::PartitionView& before, const metadata::PartitionChange& change,
                 SettlementCounts* counts) {
  ++counts->changed;
  const auto after = LeaderAfter(before, change);
  if (before.leader() == after) return;
  if (!after) {
    ++counts->leaders_lost;
  } else {
    ++(before.leader() ? counts->leaders_moved : counts->leaders_found);
  }
}

SettlementCounts ChangePartitions(const metadata::MetadataImage& image, const SettlementPart& part,
                                  ChangeFn change_of, metadata::v1::RecordBatch* batch) {
  PartChanger changer(part, change_of, batch);
  image.ForEachTopicFrom(part.from.topic_id, [&](const metadata::TopicPtr& topic) {
    return changer.ChangeTopic(*topic);
  });
  return changer.counts();
}

SettlementCounts SettlePartitionsOf(const metadata::MetadataImage& image,
                                    std::span<const BrokerId> brokers, const ActiveBrokers& active,
                                    const SettlementPart& part, metadata::v1::RecordBatch* batch,
                                    BrokerRecords records,
                                    const std::optional<FormerDirectory>& former) {
  Settler settler(image, brokers, active, records, former);
  SettlementCounts counts = ChangePartitions(
      image, part,
      [&](const metadata::TopicImage& topic, const metadata::PartitionView& partition) {
        return settler.ChangeOf(topic, partition);
      },
      batch);
  counts.lookups = settler.lookups();
  return counts;
}

SettlementCounts ElectUncleanly(const metadata::MetadataImage& image,
                                const metadata::TopicImage& topic, const ActiveBrokers& active,
                                metadata::v1::RecordBatch* batch) {
  SettlementCounts counts;
  std::vector<metadata::PartitionChange> changes;
  ElrPolicies elr_policies(image);
  for (int32_t i = 0; i < topic.partition_count(); ++i) {
    auto change =
        UncleanChangeOf(topic.partition(i), active, AllowUnclean(image), elr_policies.Of(topic));
    if (!change) continue;
    CountChange(topic.partition(i), *change, &counts);
    changes.push_back(*std::move(change));
  }
  AddPartitionChanges(topic, std::move(changes), batch);
  return counts;
}

SettlementCounts ElectUncleanlyByDefault(const metadata::MetadataImage& image,
                                         const ActiveBrokers& active, const SettlementPart& part,
                                         metadata::v1::RecordBatch* batch) {
  const Unclean unclean = AllowUnclean(image);
  ElrPolicies elr_policies(image);
  // The topic that was looked up last.
  std::optional<Uuid> topic_id;
  bool has_own = false;
  return ChangePartitions(
      image, part,
      [&](const metadata::TopicImage& topic,
          const metadata::PartitionView& partition) -> std::optional<metadata::PartitionChange> {
        if (partition.leader_position()) return std::nullopt;
        if (topic_id != topic.id()) {
          const auto* own = OwnConfigsOf(image, topic);
          has_own = own != nullptr && own->count(metadata::kUncleanLeaderElectionKey) != 0;
          topic_id = topic.id();
        }
        if (has_own) return std::nullopt;
        return UncleanChangeOf(partition, active, unclean, elr_policies.Of(topic));
      },
      batch);
}

}  // namespace quorate::controller
