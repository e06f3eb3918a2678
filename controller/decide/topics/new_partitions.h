// Makes the partitions of a new topic, or further ones of a topic that exists: how many there are
// and which brokers hold them. The client may assign the replicas; otherwise the placer chooses
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "controller/decide/decision.h"
#include "controller/decide/item_results.h"
#include "controller/decide/leaders/leader_election.h"
#include "controller/decide/partitions/replica_placer.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"
#include "metadata/topic_image.h"
#include "quorate/admin/v1/admin_service.pb.h"

namespace quorate::controller {

// Used for one request. Each topic is placed with regard to the topics before it.
class NewPartitions {
 public:
  using Partitions = std::vector<metadata::NewPartition>;

  NewPartitions(const View& view, Rng* rng);

  // Makes the partitions of `topic`. In each, the active replicas form the ISR and the first of
  // them leads. Returns the errors of DecideCreateTopics, starting with those about replicas. After
  // an error, no partition has been placed.
  ItemError Make(const admin::v1::NewTopic& topic, Partitions* partitions);
  // Makes the partitions that `topic` gets in addition to those that it has. They have as many
  // replicas as its first partition. Returns the errors of DecideCreatePartitions, starting with
  // those about the count. After an error, no partition has been placed.
  ItemError MakeMore(const metadata::TopicImage& topic,
                     const admin::v1::CreatePartitionsRequest::Topic& wanted,
                     Partitions* partitions);

  // The least number of bytes that the records of all requested partitions take. Above
  // kMaxBatchBytes, no further partitions are placed, and the caller must refuse the request.
  size_t least_bytes() const { return least_bytes_; }

 private:
  using Assignments = google::protobuf::RepeatedPtrField<admin::v1::ReplicaAssignment>;

  // Makes the partitions from `first` on as the client assigned them, with `factor` replicas each.
  ItemError AssignByHand(const Assignments& assignments, int32_t first, size_t factor,
                         Partitions* partitions);
  ItemError CheckReplicas(int32_t partition, const admin::v1::ReplicaAssignment& assignment,
                          size_t factor) const;
  ItemError PlaceNew(const admin::v1::NewTopic& topic, Partitions* partitions);
  // Lets the placer choose the replicas of `count` partitions. `topic` is null for a new topic.
  ItemError Place(const metadata::TopicImage* topic, size_t count, size_t factor,
                  Partitions* partitions);
  size_t DefaultFactor() const;
  // `remedy` says what to do if there are too few brokers.
  ItemError CheckReplicationFactor(size_t factor, const std::string& remedy) const;
  metadata::NewPartition MakePartition(std::vector<BrokerId> replicas) const;

  const metadata::MetadataImage& image_;
  const ActiveBrokers active_;
  ReplicaPlacer placer_;
  size_t least_bytes_ = 0;
};

}  // namespace quorate::controller
