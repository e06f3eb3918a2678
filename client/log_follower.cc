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

// A stream that lives is left alone; one whose process hangs is noticed by keepalive.
constexpr std::chrono::hours kStreamTime{1};

grpc::Status NotInLog(const LogPosition& position, const std::string& reason) {
  common::v1::Error error;
  error.set_code(common::v1::INVALID_REQUEST);
  error.set_outcome(common::v1::REFUSED);
  error.set_message(
      absl::StrFormat("offset %d of epoch %d is no place in this log (any more), begin again: %s",
                      position.end_offset, position.epoch, reason));
  return StatusFromError(error);
}

}  // namespace

LogFollower::LogFollower(CallerOptions options, std::string cluster_id, LogPosition from)
    : cluster_id_(std::move(cluster_id)), caller_(std::move(options)), position_(from) {}

std::optional<CallFailure> LogFollower::Follow(BatchHandler on_batch) {
  stopped_ = false;
  while (!stopped_) {
    auto failure = caller_.Call(CallKind::kRead, [&](const std::shared_ptr<grpc::Channel>& channel,
                                                     grpc::ClientContext* context) {
      return ReadStream(channel, context, on_batch);
    });
    if (failure) return failure;
  }
  return std::nullopt;
}

grpc::Status LogFollower::ReadStream(const std::shared_ptr<grpc::Channel>& channel,
                                     grpc::ClientContext* context, BatchHandler on_batch) {
  context->set_deadline(std::chrono::system_clock::now() + kStreamTime);
  SubscribeRequest request;
  request.set_cluster_id(cluster_id_);
  request.set_epoch(position_.epoch);
  request.set_end_offset(position_.end_offset);
  request.set_subscriber("quoratectl");
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
      stopped_ = !on_batch(batch);
    } else if (event.has_snapshot_chunk() && event.snapshot_chunk().last()) {
      position_ = {event.snapshot_chunk().epoch(), event.snapshot_chunk().end_offset()};
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

}  // namespace quorate::client
