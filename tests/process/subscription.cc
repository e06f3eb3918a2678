#include "tests/process/subscription.h"

#include <chrono>

#include "base/check.h"
#include "client/channel.h"
#include "client/status_mapping.h"
#include "gtest/gtest.h"
#include "metadata/replay.h"

namespace quorate::testing {

using metadata::v1::Batch;
using metadata::v1::SubscribeRequest;
using metadata::v1::SubscribeResponse;

Subscription::Subscription(const Cluster& cluster, int node, SubscriberPosition from,
                           const std::string& cluster_id)
    : stub_(metadata::v1::MetadataService::NewStub(
          client::MakeChannel(*ParseHostPort(cluster.ControllerEndpoint(node))))),
      position_(from) {
  SubscribeRequest request;
  request.set_cluster_id(cluster_id.empty() ? cluster.cluster_id() : cluster_id);
  request.set_epoch(from.epoch);
  request.set_end_offset(from.end_offset);
  request.set_subscriber("test");
  context_.set_deadline(std::chrono::system_clock::now() + 2 * kPatience);
  reader_ = stub_->Subscribe(&context_, request);
}

Subscription::~Subscription() {
  context_.TryCancel();
  SubscribeResponse rest;
  while (reader_ != nullptr && reader_->Read(&rest)) {
  }
  if (reader_ != nullptr) reader_->Finish();
}

std::optional<SubscribeResponse> Subscription::Next() {
  SubscribeResponse event;
  if (!reader_->Read(&event)) return std::nullopt;
  if (event.has_batch()) Take(event.batch());
  if (event.has_snapshot_chunk()) Take(event.snapshot_chunk());
  return event;
}

void Subscription::Take(const Batch& batch) {
  EXPECT_EQ(batch.base_offset(), position_.end_offset) << "a gap, or a batch twice";
  EXPECT_GE(batch.record_count(), 1);
  EXPECT_GE(batch.epoch(), position_.epoch);
  batches_.push_back(batch);
  position_ = EndOf(batch);
}

void Subscription::Take(const metadata::v1::SnapshotChunk& chunk) {
  EXPECT_GT(chunk.end_offset(), position_.end_offset);
  EXPECT_TRUE(batches_.empty()) << "it was not far behind any more";
  CHECK_OK(loader_.Add(chunk.data()));
  if (!chunk.last()) return;
  auto image = std::move(loader_).Finish();
  CHECK_OK(image.status());
  snapshot_ = *std::move(image);
  position_ = {.epoch = chunk.epoch(), .end_offset = chunk.end_offset()};
}

bool Subscription::ReadTo(int64_t end_offset) {
  while (position_.end_offset < end_offset) {
    const auto event = Next();
    if (!event || event->has_reset()) {
      ADD_FAILURE() << "the subscription ends at " << position_.end_offset << ", before "
                    << end_offset << ": "
                    << (event ? event->reset().reason() : End().ShortDebugString());
      return false;
    }
  }
  return true;
}

std::optional<metadata::v1::Progress> Subscription::ReadToProgress() {
  while (const auto event = Next()) {
    if (event->has_progress()) return event->progress();
    if (!event->has_batch()) break;
  }
  ADD_FAILURE() << "the subscription ends at " << position_.end_offset << " without progress";
  return std::nullopt;
}

common::v1::Error Subscription::End() {
  while (Next()) {
  }
  const grpc::Status status = reader_->Finish();
  reader_.reset();
  if (status.ok()) return {};
  return client::ErrorFromStatus(status);
}

SubscriberPosition EndOf(const Batch& batch) {
  return {.epoch = batch.epoch(), .end_offset = batch.base_offset() + batch.record_count()};
}

metadata::MetadataImage ReplayAll(const std::vector<Batch>& batches,
                                  metadata::MetadataImage image) {
  for (const Batch& batch : batches) {
    auto next = metadata::ReplayPayload(image,
                                        {.epoch = Epoch(batch.epoch()),
                                         .base_offset = RecordOffset(batch.base_offset()),
                                         .record_count = batch.record_count(),
                                         .append_time_ms = batch.append_time_ms()},
                                        batch.records());
    CHECK_OK(next.status());
    image = *std::move(next);
  }
  return image;
}

}  // namespace quorate::testing
