#include "client/log_follower.h"

#include <chrono>
#include <memory>
#include <utility>

#include "absl/strings/str_format.h"
#include "client/status_mapping.h"
#include "quorate/metadata/v1/metadata_service.grpc.pb.h"

namespace quorate::client {
namespace {

using metadata::v1::MetadataService;
using metadata::v1::SubscribeRequest;
using metadata::v1::SubscribeResponse;

// Limits one stream. A live stream may last this long; keepalive detects a process that hangs.
constexpr std::chrono::hours kStreamTime{1};

grpc::Status NotInLog(const LogPosition& position, const std::string& reason) {
  common::v1::Error error;
  error.set_code(common::v1::INVALID_REQUEST);
  error.set_outcome(common::v1::REFUSED);
  error.set_message(absl::StrFormat(
      "offset %d of epoch %d is not, or no longer, in this log; start again from offset 0: %s",
      position.end_offset, position.epoch, reason));
  return StatusFromError(error);
}

}  // namespace

LogFollower::LogFollower(CallerOptions options, std::string cluster_id, LogPosition from,
                         bool from_oldest_snapshot)
    : cluster_id_(std::move(cluster_id)),
      from_oldest_snapshot_(from_oldest_snapshot),
      caller_(std::move(options)),
      position_(from) {}

std::optional<CallFailure> LogFollower::Follow(BatchHandler on_batch) {
  return Follow(on_batch, [](const metadata::v1::SnapshotChunk&, bool /*begins*/) { return true; });
}

std::optional<CallFailure> LogFollower::Follow(BatchHandler on_batch, ChunkHandler on_chunk) {
  stopped_ = false;
  while (!stopped_) {
    auto failure = caller_.Call(CallKind::kRead, [&](const std::shared_ptr<grpc::Channel>& channel,
                                                     grpc::ClientContext* context) {
      return ReadStream(channel, context, on_batch, on_chunk);
    });
    if (failure) return failure;
  }
  return std::nullopt;
}

grpc::Status LogFollower::ReadStream(const std::shared_ptr<grpc::Channel>& channel,
                                     grpc::ClientContext* context, BatchHandler on_batch,
                                     ChunkHandler on_chunk) {
  context->set_deadline(std::chrono::system_clock::now() + kStreamTime);
  SubscribeRequest request;
  request.set_cluster_id(cluster_id_);
  request.set_epoch(position_.epoch);
  request.set_end_offset(position_.end_offset);
  request.set_subscriber("quoratectl");
  request.set_snapshot_epoch(part_.epoch);
  request.set_snapshot_end_offset(part_.end_offset);
  request.set_snapshot_position(next_piece_);
  request.set_from_oldest_snapshot(from_oldest_snapshot_);
  const std::unique_ptr<MetadataService::Stub> stub = MetadataService::NewStub(channel);
  const auto reader = stub->Subscribe(context, request);
  SubscribeResponse event;
  bool heard = false;
  std::string reset;
  while (!stopped_ && reset.empty() && reader->Read(&event)) {
    heard = true;
    if (event.has_batch()) {
      const metadata::v1::Batch& batch = event.batch();
      position_ = {batch.epoch(), batch.base_offset() + batch.record_count()};
      part_ = {};
      next_piece_ = 0;
      stopped_ = !on_batch(batch);
    } else if (event.has_snapshot_chunk()) {
      const bool begins = RecordChunk(event.snapshot_chunk());
      stopped_ = !on_chunk(event.snapshot_chunk(), begins);
    } else if (event.has_reset()) {
      reset = event.reset().reason();
    }
  }
  context->TryCancel();
  grpc::Status status = reader->Finish();
  if (!reset.empty()) return NotInLog(position_, reset);
  if (stopped_ || heard) return grpc::Status::OK;
  return status.ok() ? grpc::Status(grpc::StatusCode::UNAVAILABLE, "the stream ended") : status;
}

bool LogFollower::RecordChunk(const metadata::v1::SnapshotChunk& chunk) {
  const LogPosition end = {chunk.epoch(), chunk.end_offset()};
  const bool begins = end != part_ || chunk.position() != next_piece_;
  part_ = end;
  next_piece_ = chunk.next_position();
  if (chunk.last()) {
    position_ = std::exchange(part_, {});
    next_piece_ = 0;
  }
  return begins;
}

}  // namespace quorate::client
