// A subscription to the metadata log through a plain gRPC client. It checks that batches arrive in
// order and without gaps, as every subscriber relies on.
#pragma once

#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "metadata/metadata_image.h"
#include "metadata/snapshot_loader.h"
#include "quorate/common/v1/error.pb.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"
#include "tests/harness/cluster.h"

namespace quorate::testing {

// The epoch of a subscriber's last batch and the end of that batch. Zeros for a new subscriber.
struct SubscriberPosition {
  int32_t epoch = 0;
  int64_t end_offset = 0;
};

// Not thread-safe. The subscription ends after twice kPatience at the latest.
class Subscription {
 public:
  // Subscribes at controller `node` as a client of `cluster_id`, or of the cluster's own id if it
  // is empty.
  Subscription(const Cluster& cluster, int node, SubscriberPosition from = {},
               const std::string& cluster_id = "");
  // Cancels the subscription.
  ~Subscription();

  // Returns the next event, or nullopt if the subscription has ended. Expects that a batch begins
  // at the end of the previous batch, the snapshot or `from`, and that a snapshot ends after that
  // position.
  std::optional<metadata::v1::SubscribeResponse> Next();
  // Reads until everything below `end_offset` has arrived. Returns false and fails the test if the
  // subscription ends or is reset before.
  bool ReadTo(int64_t end_offset);
  // Reads until the controller reports that the end of the log is reached.
  std::optional<metadata::v1::Progress> ReadToProgress();

  // Waits until the subscription ends, and returns its error.
  common::v1::Error End();

  // The complete snapshot that replaced batches, or nullopt if there was none.
  const std::optional<metadata::MetadataImage>& snapshot() const { return snapshot_; }
  // The batches received so far, after the snapshot if there is one.
  const std::vector<metadata::v1::Batch>& batches() const { return batches_; }
  const SubscriberPosition& position() const { return position_; }

 private:
  void Take(const metadata::v1::Batch& batch);
  void Take(const metadata::v1::SnapshotChunk& chunk);

  const std::unique_ptr<metadata::v1::MetadataService::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<metadata::v1::SubscribeResponse>> reader_;
  SubscriberPosition position_;
  metadata::SnapshotLoader loader_;
  std::optional<metadata::MetadataImage> snapshot_;
  std::vector<metadata::v1::Batch> batches_;
};

// Returns the end of a batch, at which a subscriber can resume.
SubscriberPosition EndOf(const metadata::v1::Batch& batch);

// Replays the batches onto `image`, or onto an empty image, and returns the result.
metadata::MetadataImage ReplayAll(const std::vector<metadata::v1::Batch>& batches,
                                  metadata::MetadataImage image = {});

}  // namespace quorate::testing
