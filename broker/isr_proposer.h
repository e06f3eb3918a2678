// Asks the active controller to put replicas into the ISRs of the partitions that this broker
// leads: those that have returned, and those that a reassignment adds. Brokers hold no messages
// yet, so a replica is in sync as soon as it is unfenced, that is, once it has replayed the
// metadata log past its own registration. (Kafka: AlterPartitionManager; KIP-841, KIP-903.)
#pragma once

#include <cstdint>
#include <optional>

#include "absl/container/btree_map.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/random.h"
#include "broker/active_session.h"
#include "broker/broker_options.h"
#include "broker/call_pacer.h"
#include "broker/ports.h"
#include "metadata/changed_partitions.h"
#include "metadata/metadata_image.h"

namespace quorate::broker {

// Used on the broker's loop only.
class IsrProposer {
 public:
  // A request holds at most this many partitions. The rest follows in the next one.
  static constexpr int kMaxPartitionsPerRequest = 5'000;

  // All arguments must outlive the proposer.
  IsrProposer(const BrokerOptions& options, Executor* executor, const Clock* clock, Rng* rng,
              ControllerChannel* channel);

  void OnSession(const std::optional<ActiveSession>& session) { pacer_.OnSession(session); }

  // Begins to look for partitions in `now` that need a proposal. Proposals are always made from the
  // newest image, and proposals that it no longer needs are dropped. REQUIRES: Step has returned
  // false for the last image.
  void Begin(const metadata::MetadataImage& now);
  // Looks at the next slice of partitions. Returns false once all have been looked at and the
  // needed proposals are queued for sending.
  bool Step();

 private:
  struct Proposal {
    // The partition epoch of a proposal that the controller has accepted. Wait until the image
    // shows another epoch. -1: none.
    int32_t accepted_on_epoch = -1;
  };
  using Proposals = absl::btree_map<int32_t, Proposal>;

  // Returns whether the replica's broker is active and its log directory online.
  bool MayJoin(const metadata::PartitionView& partition, size_t position) const;
  // Returns whether this broker leads the partition and a replica outside its ISR may join.
  bool CallsForProposal(const metadata::PartitionView& partition) const;
  void Review(const metadata::TopicImage& topic, const metadata::PartitionView& partition);
  void Forget(const Uuid& topic_id, int32_t partition);
  bool Send(const ActiveSession& session);
  // Adds at most `limit` of a topic's wanted partitions to `changes`.
  void AddTopic(const Uuid& topic_id, const Proposals& wanted, int limit,
                v1::AlterPartitionRequest::Topic& changes) const;
  // Returns whether every partition was accepted.
  bool OnResponse(const v1::AlterPartitionRequest& request,
                  const v1::AlterPartitionResponse& response);

  const BrokerOptions& options_;
  ControllerChannel* const channel_;
  metadata::MetadataImage image_;
  // Partitions that need a proposal by the newest image, by topic and partition.
  absl::btree_map<Uuid, Proposals> wanted_;
  // The part of the image that is still to be looked at. nullopt: all of it was.
  std::optional<metadata::ChangedPartitions> walk_;
  CallPacer pacer_;
};

}  // namespace quorate::broker
