// RequestedChanges collects the changes of partitions that one request makes.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "controller/decide/leaders/leader_election.h"
#include "metadata/metadata_image.h"
#include "metadata/record_builders.h"
#include "quorate/metadata/v1/records.pb.h"

namespace quorate::controller {

class RequestedChanges {
 public:
  // Adds changes of the topic's partitions, ascending by partition.
  void Add(const metadata::TopicImage& topic, std::vector<metadata::PartitionChange> changes);

  const metadata::v1::RecordBatch& records() const { return records_; }
  metadata::v1::RecordBatch TakeRecords() { return std::move(records_); }
  const SettlementCounts& counts() const { return counts_; }
  // Names what changes, e.g. "orders-0" or "(412 partitions)". REQUIRES: something changes.
  std::string Text() const;

 private:
  metadata::v1::RecordBatch records_;
  SettlementCounts counts_;
  // The topic that has changed last, and a partition of it that has changed.
  std::string only_topic_;
  int32_t only_partition_ = 0;
};

}  // namespace quorate::controller
