// The partitions of a topic that is being created: how many, and which brokers hold them, as the
// client asks or as the placer chooses.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "controller/decision.h"
#include "controller/item_results.h"
#include "controller/leader_election.h"
#include "controller/replica_placer.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// For one request: topics see what was placed for those before them.
class NewPartitions {
 public:
  using Partitions = std::vector<metadata::NewPartition>;

  NewPartitions(const View& view, Rng* rng);

  // The partitions of `topic`: in each the active replicas are the ISR, and the first of them
  // leads. Errors as for DecideCreateTopics, from the replicas on; then nothing is placed.
  ItemError Make(const admin::v1::NewTopic& topic, Partitions* partitions);

  // What the records of all partitions asked for take at least. Above kMaxBatchBytes nothing was
  // placed any more, and the request must be refused.
  size_t least_bytes() const { return least_bytes_; }

 private:
  ItemError AssignByHand(const admin::v1::NewTopic& topic, Partitions* partitions);
  ItemError CheckReplicas(int32_t partition, const admin::v1::ReplicaAssignment& assignment,
                          int first_size) const;
  ItemError Place(const admin::v1::NewTopic& topic, Partitions* partitions);
  ItemError CheckReplicationFactor(size_t factor) const;
  metadata::NewPartition MakePartition(std::vector<BrokerId> replicas) const;

  const metadata::MetadataImage& image_;
  const ActiveBrokers active_;
  ReplicaPlacer placer_;
  size_t least_bytes_ = 0;
};

}  // namespace quorate::controller
