#include "broker/metadata_follower.h"

#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/failpoint.h"
#include "metadata/replay.h"

namespace quorate::broker {

namespace {

// How often a search for a controller that has the log is logged.
constexpr Duration kLogPause = std::chrono::seconds(10);

}  // namespace

using metadata::v1::SubscribeResponse;

MetadataFollower::MetadataFollower(const BrokerOptions& options, Executor* executor,
                                   const Clock* clock, Rng* rng, MetadataSource* source,
                                   Listener* listener)
    : options_(options),
      executor_(executor),
      clock_(clock),
      source_(source),
      listener_(listener),
      finder_(options.bootstrap, static_cast<size_t>(options.broker_id.value()), rng) {}

MetadataFollower::~MetadataFollower() { CancelTimers(); }

void MetadataFollower::Start() { Subscribe(); }

void MetadataFollower::Stop() {
  CancelTimers();
  endpoint_.clear();
  source_->Unsubscribe();
}

void MetadataFollower::Subscribe() {
  metadata::v1::SubscribeRequest request;
  request.set_cluster_id(options_.cluster_id);
  request.set_epoch(replayed_.last_epoch().value());
  request.set_end_offset(replayed_.end_offset().value());
  request.set_subscriber(absl::StrFormat("broker-%d", options_.broker_id.value()));
  if (incoming_) {
    request.set_snapshot_epoch(incoming_->epoch);
    request.set_snapshot_end_offset(incoming_->end_offset);
    request.set_snapshot_position(incoming_->next_position);
  }
  endpoint_.clear();
  ++subscriptions_;
  source_->Subscribe(finder_.current(), std::move(request),
                     [this](MetadataEvent event) { OnEvent(std::move(event)); });
  last_sign_of_life_ = clock_->Now();
  WatchIdle(last_sign_of_life_ + options_.metadata_idle_timeout);
}

void MetadataFollower::OnEvent(MetadataEvent event) {
  if (const auto* error = std::get_if<common::v1::Error>(&event)) {
    SubscribeElsewhere(finder_.OnFailure(), error->message());
    return;
  }
  last_event_ = clock_->Now();
  if (endpoint_.empty()) {
    endpoint_ = finder_.current();
    LOG(INFO) << "following the metadata log at " << endpoint_ << " from offset "
              << replayed_.end_offset();
  }
  const auto& response = std::get<SubscribeResponse>(event);
  switch (response.event_case()) {
    case SubscribeResponse::kBatch:
      OnBatch(response.batch());
      break;
    case SubscribeResponse::kSnapshotChunk:
      OnSnapshotChunk(response.snapshot_chunk());
      break;
    case SubscribeResponse::kProgress:
      OnProgress(response.progress());
      break;
    case SubscribeResponse::kReset:
      OnReset(response.reset());
      break;
    default:
      Fail(absl::UnimplementedError(
          "the controller sends messages that this version cannot read: run a broker of the "
          "controllers' version"));
      break;
  }
}

void MetadataFollower::OnBatch(const metadata::v1::Batch& batch) {
  metadata::BatchPosition position;
  position.epoch = Epoch(batch.epoch());
  position.base_offset = RecordOffset(batch.base_offset());
  position.record_count = batch.record_count();
  position.append_time_ms = batch.append_time_ms();
  if (position.base_offset != replayed_.end_offset() || position.record_count < 1) {
    SubscribeElsewhere(
        finder_.OnFailure(),
        absl::StrFormat("it sent a batch of %d records at offset %d; the next offset is %d",
                        batch.record_count(), batch.base_offset(), replayed_.end_offset().value()));
    return;
  }
  const absl::Status failpoint = Failpoint("broker.replay");
  absl::StatusOr<metadata::MetadataImage> next =
      failpoint.ok() ? metadata::ReplayPayload(replayed_, position, batch.records())
                     : absl::StatusOr<metadata::MetadataImage>(failpoint);
  if (!next.ok()) {
    Fail(absl::Status(next.status().code(),
                      absl::StrFormat("cannot replay the metadata log at offset %d: %s",
                                      batch.base_offset(), std::string(next.status().message()))));
    return;
  }
  replayed_ = *std::move(next);
  incoming_.reset();
  OnSignOfLife();
  if (caught_up_) Publish();
}

void MetadataFollower::OnSnapshotChunk(const metadata::v1::SnapshotChunk& chunk) {
  const bool goes_on =
      incoming_ && incoming_->epoch == chunk.epoch() && incoming_->end_offset == chunk.end_offset();
  if ((goes_on && incoming_->next_position != chunk.position()) ||
      chunk.end_offset() <= replayed_.end_offset().value() ||
      chunk.epoch() < replayed_.last_epoch().value()) {
    incoming_.reset();
    SubscribeElsewhere(
        finder_.OnFailure(),
        absl::StrFormat(
            "it sent byte %d of a snapshot that ends at offset %d, epoch %d out of order",
            chunk.position(), chunk.end_offset(), chunk.epoch()));
    return;
  }
  if (!goes_on) {
    LOG(INFO) << "the log at " << endpoint_ << " no longer has offset " << replayed_.end_offset()
              << ": reads its snapshot of offset " << chunk.end_offset();
    incoming_.emplace(Incoming{.epoch = chunk.epoch(), .end_offset = chunk.end_offset()});
  }
  incoming_->next_position = chunk.next_position();
  absl::Status status = incoming_->loader.Add(chunk.data());
  if (status.ok() && chunk.last()) {
    status = LoadSnapshot(*std::move(incoming_));
    incoming_.reset();
  }
  if (!status.ok()) {
    incoming_.reset();
    Fail(absl::Status(status.code(), absl::StrFormat("cannot read the metadata snapshot: %s",
                                                     std::string(status.message()))));
    return;
  }
  OnSignOfLife();
}

absl::Status MetadataFollower::LoadSnapshot(Incoming incoming) {
  ASSIGN_OR_RETURN(metadata::MetadataImage image, std::move(incoming.loader).Finish());
  if (image.end_offset().value() != incoming.end_offset ||
      image.last_epoch().value() != incoming.epoch) {
    return absl::DataLossError(absl::StrFormat(
        "it ends at offset %d, epoch %d, but was sent as one of offset %d, epoch %d",
        image.end_offset().value(), image.last_epoch().value(), incoming.end_offset,
        incoming.epoch));
  }
  replayed_ = std::move(image);
  if (caught_up_) Publish();
  return absl::OkStatus();
}

void MetadataFollower::OnProgress(const metadata::v1::Progress& progress) {
  if (progress.leader_id() >= 0) listener_->OnControllerEpoch(progress.epoch());
  const bool out_of_touch =
      active_epoch_ > 0 && (progress.leader_id() < 0 || progress.epoch() < active_epoch_);
  if (!out_of_touch) OnSignOfLife();
  // A controller that has just started may not know a high watermark yet. If there is a leader, the
  // barrier of its epoch comes after everything that was committed before.
  if (!caught_up_ && progress.leader_id() >= 0 &&
      replayed_.last_epoch().value() >= progress.epoch() &&
      replayed_.end_offset().value() >= progress.high_watermark()) {
    caught_up_ = true;
    Publish();
  }
}

void MetadataFollower::OnReset(const metadata::v1::Reset& reset) {
  if (replayed_.end_offset() == RecordOffset(0)) {
    SubscribeElsewhere(finder_.OnFailure(),
                       absl::StrFormat("it refuses to begin at offset 0: %s", reset.reason()));
    return;
  }
  LOG(ERROR) << "the metadata log at " << endpoint_ << " does not continue at offset "
             << replayed_.end_offset() << ", epoch " << replayed_.last_epoch()
             << ": starting again from offset 0; roles stay until the log has been read: "
             << reset.reason();
  replayed_ = metadata::MetadataImage();
  incoming_.reset();
  caught_up_ = false;
  listener_->OnLogReplaced();
  Subscribe();
}

void MetadataFollower::Publish() {
  const metadata::MetadataImage before = std::exchange(published_, replayed_);
  listener_->OnImage(before, published_);
}

void MetadataFollower::Fail(absl::Status status) {
  Stop();
  listener_->OnReplayFailed(std::move(status));
}

void MetadataFollower::SubscribeElsewhere(Duration pause, const std::string& reason) {
  if (!endpoint_.empty()) {
    LOG(WARNING) << "lost the metadata log at " << endpoint_ << ", continuing at "
                 << finder_.current() << " from offset " << replayed_.end_offset() << ": "
                 << reason;
  } else if (clock_->Now() >= log_again_at_) {
    log_again_at_ = clock_->Now() + kLogPause;
    LOG(WARNING) << "cannot follow the metadata log yet, trying " << finder_.current()
                 << " next: " << reason;
  }
  Stop();
  if (pause == Duration(0)) {
    Subscribe();
  } else {
    subscribe_timer_ = executor_->PostAt(clock_->Now() + pause, [this] { Subscribe(); });
  }
}

void MetadataFollower::OnSignOfLife() {
  finder_.OnSuccess();
  last_sign_of_life_ = clock_->Now();
}

void MetadataFollower::WatchIdle(MonoTime deadline) {
  executor_->CancelTimer(idle_timer_);
  // The timer is not moved with every sign of life. When it fires, it checks the age of the last
  // one.
  idle_timer_ = executor_->PostAt(deadline, [this] {
    const MonoTime next = last_sign_of_life_ + options_.metadata_idle_timeout;
    if (next > clock_->Now()) {
      WatchIdle(next);
      return;
    }
    SubscribeElsewhere(finder_.OnFailure(),
                       absl::StrFormat("no sign of a live controller for %d ms",
                                       ToMs(options_.metadata_idle_timeout)));
  });
}

void MetadataFollower::CancelTimers() {
  executor_->CancelTimer(subscribe_timer_);
  executor_->CancelTimer(idle_timer_);
}

}  // namespace quorate::broker
