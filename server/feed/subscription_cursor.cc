#include "server/feed/subscription_cursor.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "server/node/refused_error.h"

namespace quorate::server {
namespace {

// The timeout of one request to the leader, and the pause before the next one.
constexpr Duration kAskTimeout = std::chrono::seconds(1);
constexpr Duration kAskPause = std::chrono::milliseconds(100);

}  // namespace

SubscriptionCursor::SubscriptionCursor(const SubscriptionSource* source, SubscriptionStart start,
                                       SubscriberStream* stream, absl::AnyInvocable<void()> on_end)
    : source_(source),
      start_(std::move(start)),
      stream_(stream),
      on_end_(std::move(on_end)),
      next_(start_.end_offset) {}

template <typename Fn>
auto SubscriptionCursor::OnLoop(Fn fn) {
  return [executor = source_->executor, weak = weak_from_this(), fn](auto... args) {
    executor->Post([weak, fn, ... args = std::move(args)] {
      if (const auto cursor = weak.lock()) fn(*cursor, args...);
    });
  };
}

void SubscriptionCursor::Begin() {
  const bool has_nothing = next_ == RecordOffset(0) && start_.epoch == Epoch(0);
  if (!has_nothing && (next_ <= RecordOffset(0) || start_.epoch <= Epoch(0))) {
    Finish(MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("epoch %d and end_offset %d are not a position in a log: both "
                                     "are 0 for a subscriber without data, otherwise above 0",
                                     start_.epoch.value(), next_.value())));
    return;
  }
  LOG(INFO) << start_.subscriber << " subscribes from offset " << next_ << ", epoch "
            << start_.epoch;
  source_->instruments->started.Add();
  if (start_.part && source_->snapshots != nullptr) {
    source_->instruments->snapshots_begun.Add();
    phase_ = Phase::kSnapshot;
    part_ = *start_.part;
    SendNext();
  } else {
    BeginAtStart();
  }
}

void SubscriptionCursor::BeginAtStart() {
  if (next_ == RecordOffset(0)) {
    phase_ = Phase::kStreaming;
    SendNext();
  } else {
    Locate();
  }
}

void SubscriptionCursor::Locate() {
  phase_ = Phase::kLocating;
  if (next_ <= source_->high_watermark) {
    VerifyStart();
  } else {
    AskLeader();
  }
}

// A subscriber that comes from another controller may be ahead of this one. This controller must
// catch up with the leader before it may say that a position is not in the log.
void SubscriptionCursor::AskLeader() {
  source_->log->ReadIndex(
      source_->clock->Now() + kAskTimeout,
      OnLoop([](SubscriptionCursor& asked, const auto& offset) { asked.OnLeaderOffset(offset); }));
}

void SubscriptionCursor::OnLeaderOffset(const absl::StatusOr<RecordOffset>& offset) {
  if (!offset.ok()) {
    source_->executor->PostAt(source_->clock->Now() + kAskPause,
                              OnLoop([](SubscriptionCursor& asking) { asking.Locate(); }));
    return;
  }
  phase_ = Phase::kWaiting;
  wait_for_ = *offset;
  SendNext();
}

void SubscriptionCursor::VerifyStart() {
  phase_ = Phase::kLocating;
  const RecordOffset last = next_ - 1;
  if (const raft::EntryPtr entry = source_->cache.Containing(last)) {
    OnStartFound(entry->end_offset(), entry->epoch());
    return;
  }
  source_->log->ReadCommitted(last, /*max_bytes=*/1,
                              OnLoop([](SubscriptionCursor& verified, const auto& entries) {
                                verified.OnStartRead(entries);
                              }));
}

void SubscriptionCursor::OnStartRead(const absl::StatusOr<std::vector<raft::EntryPtr>>& entries) {
  if (absl::IsOutOfRange(entries.status())) {
    OnStartCompacted();
  } else if (!entries.ok()) {
    FailRead(entries.status());
  } else {
    OnStartFound(entries->front()->end_offset(), entries->front()->epoch());
  }
}

void SubscriptionCursor::OnStartFound(RecordOffset end_offset, Epoch epoch) {
  if (end_offset != next_ || epoch != start_.epoch) {
    Reset(absl::StrFormat(
        "the batch of this log that holds offset %d ends at %d and is of epoch "
        "%d; the subscriber's ends at %d and is of epoch %d",
        next_.value() - 1, end_offset.value(), epoch.value(), next_.value(), start_.epoch.value()));
    return;
  }
  phase_ = Phase::kStreaming;
  SendNext();
}

void SubscriptionCursor::OnStartCompacted() {
  const auto newest = NewestSnapshot();
  if (newest && newest->end_offset == next_) {
    OnStartFound(newest->end_offset, newest->epoch);
  } else {
    BeginSnapshot();
  }
}

void SubscriptionCursor::Reset(const std::string& reason) {
  LOG(WARNING) << start_.subscriber << " must discard its data and start again: " << reason;
  source_->instruments->resets.Add();
  phase_ = Phase::kEnding;
  Send({source_->encoder->EncodeReset(reason)});
}

void SubscriptionCursor::BeginSnapshot() {
  const auto newest = NewestSnapshot();
  if (!newest || newest->end_offset <= next_) {
    FailRead(absl::DataLossError("neither the log nor a snapshot has the next batch"));
  } else if (start_.from_oldest_snapshot && next_ == RecordOffset(0)) {
    BeginOldestSnapshot();
  } else {
    BeginSnapshot(*newest);
  }
}

void SubscriptionCursor::BeginSnapshot(const raft::SnapshotId& id) {
  LOG(INFO) << start_.subscriber << " gets the snapshot of offset " << id.end_offset
            << ": the log no longer has offset " << next_;
  source_->instruments->snapshots_begun.Add();
  phase_ = Phase::kSnapshot;
  part_ = {.id = id};
  SendNext();
}

void SubscriptionCursor::BeginOldestSnapshot() {
  phase_ = Phase::kLocating;
  source_->snapshots->List(OnLoop([](SubscriptionCursor& listed, const auto& ids) {
    listed.FindOldest(ids.ok() ? *ids : std::vector<raft::SnapshotId>());
  }));
}

void SubscriptionCursor::FindOldest(std::vector<raft::SnapshotId> ids) {
  const auto newest = NewestSnapshot();
  if (ids.empty() || ids.front() == newest) {
    BeginSnapshot(*newest);
    return;
  }
  const RecordOffset continues_at = ids.front().end_offset;
  source_->log->ReadCommitted(
      continues_at, /*max_bytes=*/1,
      OnLoop([ids = std::move(ids)](SubscriptionCursor& read, const auto& entries) {
        if (entries.ok()) {
          read.BeginSnapshot(ids.front());
        } else {
          read.FindOldest({ids.begin() + 1, ids.end()});
        }
      }));
}

std::optional<raft::SnapshotId> SubscriptionCursor::NewestSnapshot() const {
  const auto newest = source_->snapshots == nullptr ? std::nullopt : source_->snapshots->Newest();
  return newest ? std::optional(newest->id) : std::nullopt;
}

void SubscriptionCursor::ReadChunk() {
  reading_ = true;
  source_->snapshots->ReadChunk(
      part_.id, part_.position,
      OnLoop([](SubscriptionCursor& read, const auto& chunk) { read.OnChunk(chunk); }));
}

void SubscriptionCursor::OnChunk(const absl::StatusOr<storage::ContentChunk>& chunk) {
  reading_ = false;
  if (absl::IsNotFound(chunk.status()) && part_.id != NewestSnapshot()) {
    // A newer snapshot has replaced it, or only another controller has it.
    BeginAtStart();
    return;
  }
  if (!chunk.ok()) {
    FailRead(chunk.status());
    return;
  }
  part_.position = chunk->next_position;
  if (chunk->is_last) {
    phase_ = Phase::kStreaming;
    next_ = part_.id.end_offset;
    start_.epoch = part_.id.epoch;
    progress_due_ = true;
  }
  Send({source_->encoder->EncodeSnapshotChunk(*chunk)});
}

void SubscriptionCursor::Pump(bool with_progress) {
  progress_due_ |= with_progress;
  SendNext();
}

// Does nothing while a read, a write or the wait for a slot is in progress.
void SubscriptionCursor::SendNext() {
  const RecordOffset high_watermark = source_->high_watermark;
  if (phase_ == Phase::kWaiting && high_watermark >= wait_for_) {
    if (next_ <= high_watermark) {
      VerifyStart();
    } else {
      Reset(absl::StrFormat("this log ends at offset %d, the subscriber's at %d",
                            high_watermark.value(), next_.value()));
    }
    return;
  }
  if (writing_ || reading_ || waits_for_slot_) return;
  if (NeedsSlot() && !has_slot_) return AskForSlot();
  if (phase_ == Phase::kSnapshot) ReadChunk();
  if (phase_ != Phase::kStreaming) return;
  if (next_ < high_watermark) {
    std::vector<FramePtr> frames = source_->cache.From(next_, source_->options.chunk_bytes);
    if (frames.empty()) {
      ReadLog();
    } else {
      next_ = frames.back()->end_offset;
      Send(std::move(frames));
    }
  } else if (progress_due_) {
    progress_due_ = false;
    Send({source_->encoder->EncodeProgress(high_watermark, source_->leader->view())});
  }
}

bool SubscriptionCursor::NeedsSlot() const {
  return phase_ == Phase::kSnapshot ||
         (phase_ == Phase::kStreaming &&
          source_->high_watermark - next_ > source_->options.live_lag);
}

void SubscriptionCursor::AskForSlot() {
  if (source_->slots->TryTake()) {
    OnSlot();
    return;
  }
  waits_for_slot_ = true;
  source_->slots->Wait([weak = weak_from_this()] {
    const auto cursor = weak.lock();
    return cursor != nullptr && cursor->OnSlot();
  });
}

bool SubscriptionCursor::OnSlot() {
  waits_for_slot_ = false;
  has_slot_ = true;
  SendNext();
  if (!writing_ && !reading_) ReleaseSlot();
  return true;
}

void SubscriptionCursor::ReleaseSlot() {
  if (std::exchange(has_slot_, false)) source_->slots->Release();
}

void SubscriptionCursor::ReadLog() {
  reading_ = true;
  progress_due_ = true;
  source_->log->ReadCommitted(
      next_, source_->options.chunk_bytes,
      OnLoop([](SubscriptionCursor& read, const auto& entries) { read.OnRead(entries); }));
}

void SubscriptionCursor::OnRead(const absl::StatusOr<std::vector<raft::EntryPtr>>& entries) {
  reading_ = false;
  if (absl::IsOutOfRange(entries.status())) {
    BeginSnapshot();
    return;
  }
  if (!entries.ok()) {
    FailRead(entries.status());
    return;
  }
  std::vector<FramePtr> frames;
  for (const raft::EntryPtr& entry : *entries) {
    CHECK_EQ(entry->header().base_offset, next_);
    next_ = entry->end_offset();
    frames.push_back(source_->encoder->EncodeBatch(entry));
  }
  Send(std::move(frames));
}

void SubscriptionCursor::Send(std::vector<FramePtr> frames) {
  writing_ = true;
  written_bytes_ = 0;
  for (const FramePtr& frame : frames) written_bytes_ += frame->size_bytes;
  moved_at_ = source_->clock->Now();
  sent_at_move_ = stream_->frames_sent();
  stream_->Write(std::move(frames));
}

void SubscriptionCursor::OnWritten() {
  writing_ = false;
  // A slot is good for one chunk.
  ReleaseSlot();
  if (phase_ == Phase::kEnding) {
    Finish(std::nullopt);
  } else {
    SendNext();
  }
}

void SubscriptionCursor::NoteProgress() {
  if (const uint64_t sent = stream_->frames_sent(); sent != sent_at_move_) {
    sent_at_move_ = sent;
    moved_at_ = source_->clock->Now();
  }
  if (HasNotMovedFor(source_->options.slot_timeout)) ReleaseSlot();
}

void SubscriptionCursor::FailRead(const absl::Status& status) {
  LOG(ERROR) << "cannot read the log for " << start_.subscriber << " at offset " << next_ << ": "
             << status;
  Finish(MakeError(common::v1::UNKNOWN_SERVER_ERROR,
                   "this controller cannot read its log; the messages that it logs say why"));
}

void SubscriptionCursor::Finish(std::optional<common::v1::Error> error) {
  ReleaseSlot();
  // on_end_ may delete this object, so stream_ is copied first.
  SubscriberStream* const stream = stream_;
  std::exchange(on_end_, nullptr)();
  stream->Finish(std::move(error));
}

void SubscriptionCursor::CutOff() {
  ReleaseSlot();
  source_->instruments->cut_off.Add();
  const int64_t stall_ms = ToMs(source_->options.stall_timeout);
  LOG(WARNING) << start_.subscriber << " is cut off: it has taken nothing for " << stall_ms
               << " ms, before offset " << next_;
  SubscriberStream* const stream = stream_;
  std::exchange(on_end_, nullptr)();
  stream->Cut(MakeError(common::v1::RESOURCE_EXHAUSTED,
                        absl::StrFormat("the subscriber has taken nothing for %d ms: it may "
                                        "subscribe again from its last position",
                                        stall_ms)));
}

}  // namespace quorate::server
