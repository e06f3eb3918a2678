#include "controller/decide/leaders/balance_leaders.h"

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_format.h"
#include "controller/decide/brokers/broker_list.h"

namespace quorate::controller {

Decision<std::monostate> DecideBalance(const View& view, std::span<const BrokerId> brokers,
                                       const SettlementPart& part) {
  const ActiveBrokers active(view.image);
  ElrPolicies elr_policies(view.image);
  absl::flat_hash_set<int32_t> returning;
  for (const BrokerId broker : brokers) returning.insert(broker.value());
  const auto change_of =
      [&](const metadata::TopicImage& topic,
          const metadata::PartitionView& partition) -> std::optional<metadata::PartitionChange> {
    // Most partitions are led by their first replica.
    if (partition.leader_position().value_or(0) == 0) return std::nullopt;
    if (!returning.contains(partition.replicas()[0])) return std::nullopt;
    return MoveToPreferred(partition, active.MaskOf(partition), elr_policies.Of(topic));
  };
  Decision<std::monostate> decision{
      .cause = absl::StrFormat("balance: broker %s leads again where it is the first replica",
                               ListOf(brokers)),
      .election_cause = ElectionCause::kBalance};
  decision.settled = ChangePartitions(view.image, part, change_of, &decision.records);
  return decision;
}

}  // namespace quorate::controller
