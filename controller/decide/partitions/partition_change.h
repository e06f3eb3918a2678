// Reads what the change of a partition results in, and writes the record of changes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::controller {

// Return what the partition `before` has after the change.
std::optional<BrokerId> LeaderAfter(const metadata::PartitionView& before,
                                    const metadata::PartitionChange& change);
int32_t LeaderEpochAfter(const metadata::PartitionView& before,
                         const metadata::PartitionChange& change);
std::vector<BrokerId> IsrAfter(const metadata::PartitionView& before,
                               const metadata::PartitionChange& change);

// Makes the change assign the broker's replica to `directory`, or to none if it is zero. The other
// replicas keep the directories that they have after the change. REQUIRES: the broker has a replica
// after the change, which is not in this directory before it.
void SetDirectory(const metadata::PartitionView& before, BrokerId broker, const Uuid& directory,
                  metadata::PartitionChange* change);

// Returns whether the change does anything.
bool IsChange(const metadata::PartitionView& before, const metadata::PartitionChange& change);

// Appends the record of these changes to `batch`, or no record if there are none. REQUIRES: the
// changes are in ascending order of partitions, and `topic` has these partitions.
void AddPartitionChanges(const metadata::TopicImage& topic,
                         std::vector<metadata::PartitionChange> changes,
                         metadata::v1::RecordBatch* batch);

}  // namespace quorate::controller
