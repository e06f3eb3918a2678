// Keeps which partitions one broker has reported to lead, for display. They are stored as bits,
// because a broker may lead a million partitions.
#pragma once

#include <cstdint>
#include <optional>

#include "absl/container/btree_map.h"
#include "absl/container/inlined_vector.h"
#include "base/ids.h"
#include "controller/answer.h"
#include "metadata/metadata_image.h"
#include "quorate/broker/v1/broker_service.pb.h"

namespace quorate::controller {

// Returns INVALID_REQUEST for a report of more partitions than one task of the loop may process.
std::optional<common::v1::Error> CheckReport(const broker::v1::ReportRolesRequest& request);

class ReportedLeaders {
 public:
  // Takes in a report that CheckReport accepts. Ignores its field `complete`. A partition that is
  // not in `image` counts as not led.
  void Report(const metadata::MetadataImage& image, const broker::v1::ReportRolesRequest& request);

  int64_t count() const { return count_; }

 private:
  // One bit per partition. Partitions beyond the end are not led.
  using Bits = absl::InlinedVector<uint64_t, 1>;

  void ReportWindow(const metadata::MetadataImage& image, const broker::v1::LedPartitions& window);
  void Set(Bits& bits, int32_t partition, bool led);
  // Drops a topic of which the broker leads no partition.
  void DropIfIdle(const Uuid& topic_id);

  // Keyed by topic id.
  absl::btree_map<Uuid, Bits> led_;
  int64_t count_ = 0;
};

}  // namespace quorate::controller
