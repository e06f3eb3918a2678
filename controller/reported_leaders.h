// What one broker has reported to lead, for display. Kept as bits, because a broker may lead a
// million partitions.
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

// INVALID_REQUEST for a report of more partitions than one task of the loop may look at.
std::optional<common::v1::Error> CheckReport(const broker::v1::ReportRolesRequest& request);

class ReportedLeaders {
 public:
  // Takes over a report that CheckReport accepts, except `complete`. What `image` does not have is
  // not led.
  void Report(const metadata::MetadataImage& image, const broker::v1::ReportRolesRequest& request);

  int64_t count() const { return count_; }

 private:
  // One bit a partition; beyond its end, none is led.
  using Bits = absl::InlinedVector<uint64_t, 1>;

  void ReportWindow(const metadata::MetadataImage& image, const broker::v1::LedPartitions& window);
  void Set(Bits& bits, int32_t partition, bool led);
  // Forgets a topic of which nothing is led.
  void DropIfIdle(const Uuid& topic_id);

  // By topic id.
  absl::btree_map<Uuid, Bits> led_;
  int64_t count_ = 0;
};

}  // namespace quorate::controller
