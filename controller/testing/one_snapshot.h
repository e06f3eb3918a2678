// A node whose only snapshot is in memory.
#pragma once

#include <gtest/gtest.h>

#include <utility>

#include "controller/snapshot_source.h"

namespace quorate::controller {

class OneSnapshot final : public SnapshotSource {
 public:
  explicit OneSnapshot(metadata::MetadataImage image) : image_(std::move(image)) {}
  absl::StatusOr<metadata::MetadataImage> Load(const raft::SnapshotId& id) override {
    EXPECT_EQ(id.end_offset, image_.end_offset());
    return image_;
  }

 private:
  const metadata::MetadataImage image_;
};

}  // namespace quorate::controller
