#include "server/grpc/event_translator.h"

#include <grpcpp/impl/codegen/proto_utils.h>

#include <utility>

#include "controller/answer.h"
#include "metadata/cluster_events.h"
#include "server/calls/slice_writer.h"
#include "server/grpc/subscribe_frame.h"

namespace quorate::server {
namespace {

using metadata::MetadataImage;
using metadata::v1::Batch;
using metadata::v1::SubscribeResponse;

// Events are sent in messages of about this size.
constexpr size_t kMessageBytes = size_t{256} << 10;

}  // namespace

void EventTranslator::Translate(std::vector<FramePtr> frames, Done done) {
  TranslateFrom(std::move(frames), 0, {}, std::move(done));
}

void EventTranslator::TranslateFrom(std::vector<FramePtr> frames, size_t next, Result result,
                                    Done done) {
  executor_->Post([self = shared_from_this(), frames = std::move(frames), next,
                   result = std::move(result), done = std::move(done)]() mutable {
    grpc::ByteBuffer bytes = static_cast<const SubscribeFrame&>(*frames[next]).bytes;
    SubscribeResponse response;
    // Never fails: this process has encoded the frame.
    if (grpc::SerializationTraits<SubscribeResponse>::Deserialize(&bytes, &response).ok()) {
      self->Add(response, result);
    }
    if (!result.ends && ++next < frames.size()) {
      self->TranslateFrom(std::move(frames), next, std::move(result), std::move(done));
      return;
    }
    self->Flush(result);
    std::move(done)(std::move(result));
  });
}

void EventTranslator::Add(const SubscribeResponse& response, Result& result) {
  absl::Status status;
  switch (response.event_case()) {
    case SubscribeResponse::kBatch:
      status = AddBatch(response.batch());
      break;
    case SubscribeResponse::kSnapshotChunk:
      status = state_.Add(response.snapshot_chunk());
      if (status.ok() && response.snapshot_chunk().last()) {
        collected_.set_begin_offset(state_.image().end_offset().value());
        collected_.set_begin_ms(state_.image().last_append_time_ms());
      }
      break;
    case SubscribeResponse::kProgress:
      // Sent when everything committed has been sent.
      result.ends = !request_.follow();
      break;
    default:
      break;
  }
  if (!status.ok()) {
    result.ends = true;
    result.error = controller::MakeError(common::v1::UNKNOWN_SERVER_ERROR,
                                         "cannot replay the log: " + std::string(status.message()));
  }
  if (collected_.ByteSizeLong() >= kMessageBytes) Flush(result);
}

absl::Status EventTranslator::AddBatch(const Batch& batch) {
  const MetadataImage before = state_.image();
  RETURN_IF_ERROR(state_.Add(batch));
  const bool is_told = batch.base_offset() + batch.record_count() > request_.since_offset() &&
                       batch.append_time_ms() >= request_.since_ms();
  if (!is_told) return absl::OkStatus();
  for (metadata::v1::ClusterEvent& event : metadata::EventsOf(batch, before, state_.image())) {
    *collected_.add_events() = std::move(event);
  }
  return absl::OkStatus();
}

void EventTranslator::Flush(Result& result) {
  // The first message says where the story begins, even if nothing has happened since.
  const bool is_empty = collected_.events_size() == 0 && (has_begun_ || !result.ends);
  if (is_empty) return;
  has_begun_ = true;
  result.frames.push_back(MakeFrame(collected_));
  collected_.Clear();
}

}  // namespace quorate::server
