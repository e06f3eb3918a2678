// ReplayTest is the fixture of the replay tests: a log that begins with the metadata version, and
// checks for refused records.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "metadata/record_builders.h"
#include "metadata/testing/test_log.h"

namespace quorate::metadata {

inline const Uuid kOrders = TestUuid(1);
inline const Uuid kOther = TestUuid(2);

inline BrokerRegistration Registration(int32_t id, int64_t epoch) {
  return {.id = BrokerId(id),
          .incarnation_id = TestUuid(static_cast<uint16_t>(100 + epoch)),
          .broker_epoch = epoch,
          .endpoint = {.host = "broker.example", .port = 9092},
          .rack = "r1",
          .endpoint_verified = true};
}

inline std::vector<NewPartition> Partitions(int count) {
  return std::vector<NewPartition>(
      static_cast<size_t>(count),
      {.replicas = {BrokerId(3), BrokerId(1), BrokerId(2)}, .isr_mask = 7, .leader_position = 0});
}

class ReplayTest : public ::testing::Test {
 protected:
  ReplayTest() { log_.MustAppend({MakeMetadataVersionRecord(1)}); }

  const MetadataImage& image() const { return log_.image(); }
  void CreateOrders(int partitions) {
    log_.MustAppend({MakeTopicRecord("orders", kOrders),
                     MakePartitionsRecord(kOrders, 0, Partitions(partitions))});
  }
  PartitionView Orders(int32_t partition) const {
    return image().FindTopic(kOrders)->partition(partition);
  }
  // Appends one record that must be refused with `code`. Returns the error message.
  std::string Refuse(absl::StatusCode code, const v1::Record& record) {
    const absl::Status status = log_.Append({record});
    EXPECT_EQ(status.code(), code) << status;
    return std::string(status.message());
  }
  std::string Contradicts(const v1::Record& record) {
    return Refuse(absl::StatusCode::kFailedPrecondition, record);
  }
  std::string IsMalformed(const v1::Record& record) {
    return Refuse(absl::StatusCode::kDataLoss, record);
  }

  TestLog log_;
};

}  // namespace quorate::metadata
