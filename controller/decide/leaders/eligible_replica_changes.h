// Changes the eligible leader replicas (KIP-966) of many partitions when a setting changes what
// they mean.
#pragma once

#include <cstddef>

#include "controller/decide/leaders/leader_election.h"
#include "metadata/metadata_image.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::controller {

// Ends the eligible leader replicas of those partitions of a topic whose ISR has enough members for
// `min_isr`, a new min.insync.replicas. From now on, the leader may commit records that eligible
// replicas do not have. (Kafka's controller ends those of all partitions of the topic, also of the
// ones without a leader.) Appends the changes to `batch`. REQUIRES: the cluster uses eligible
// leader replicas.
SettlementCounts ReviewEligibleReplicas(const metadata::TopicImage& topic, size_t min_isr,
                                        metadata::v1::RecordBatch* batch);

// The same for all topics without a min.insync.replicas of their own, in parts. Used when the
// default of all brokers changes. REQUIRES: as SettlePartitionsOf.
SettlementCounts ReviewEligibleReplicasByDefault(const metadata::MetadataImage& image,
                                                 size_t min_isr, const SettlementPart& part,
                                                 metadata::v1::RecordBatch* batch);

// Gives all partitions a state without eligible leader replicas and last known leader, in parts. An
// empty ISR becomes the eligible replicas, or else the last known leader: the replicas that wait
// without a leader are then in the ISR, as they are in a cluster that does not use the feature.
// REQUIRES: as SettlePartitionsOf.
SettlementCounts EndEligibleReplicas(const metadata::MetadataImage& image,
                                     const SettlementPart& part, metadata::v1::RecordBatch* batch);

}  // namespace quorate::controller
