// One subscription to the metadata log, read as any gRPC client reads it. Checks as it goes what
// every subscriber relies on: batches come in order, without gaps.
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

// Of the last batch that a subscriber has, and where that ends; 0 and 0: it has nothing.
struct SubscriberPosition {
  int32_t epoch = 0;
  int64_t end_offset = 0;
};

// Not thread-safe. Ends after twice kPatience at the latest.
class Subscription {
 public:
  // At controller `node`, as a client of `cluster_id`; empty: of its own.
  Subscription(const Cluster& cluster, int node, SubscriberPosition from = {},
               const std::string& cluster_id = "");
  // Cancels it.
  ~Subscription();

  // The next event; nothing if the subscription has ended. Expects that a batch begins where the
  // one before it, or the snapshot, or `from`, ended, and that a snapshot leads beyond that.
  std::optional<metadata::v1::SubscribeResponse> Next();
  // Reads on until everything below `end_offset` has come. False, with a failure of the test, if
  // the subscription ends or is reset before.
  bool ReadTo(int64_t end_offset);
  // Reads on until the log's end is reached, as the controller tells it.
  std::optional<metadata::v1::Progress> ReadToProgress();

  // The error that ended it. Waits for the end.
  common::v1::Error End();

  // What came in place of batches, whole; nothing: nothing did.
  const std::optional<metadata::MetadataImage>& snapshot() const { return snapshot_; }
  // The batches so far, behind the snapshot if there is one.
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

// Where each batch ends: the places to resume at.
SubscriberPosition EndOf(const metadata::v1::Batch& batch);

// What the batches, from the beginning of the log or from `image` on, say.
metadata::MetadataImage ReplayAll(const std::vector<metadata::v1::Batch>& batches,
                                  metadata::MetadataImage image = {});

}  // namespace quorate::testing
