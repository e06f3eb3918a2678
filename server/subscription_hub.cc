#include "server/subscription_hub.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::server {
namespace {

// How long one question to the leader may take, and the pause before the next one.
constexpr Duration kAskTimeout = std::chrono::seconds(1);
constexpr Duration kAskPause = std::chrono::milliseconds(100);

common::v1::Error MakeError(common::v1::ErrorCode code, std::string message) {
  common::v1::Error error;
  error.set_code(code);
  error.set_message(std::move(message));
  error.set_outcome(common::v1::REFUSED);
  return error;
}

}  // namespace

struct SubscriptionHub::Cursor {
  enum class Phase {
    kLocating,   // its start is being looked up in the log
    kWaiting,    // until the high watermark is at `wait_for`
    kSnapshot,   // `part` is being sent
    kStreaming,  // from `next` on
    kEnding,     // a last frame is under way
  };

  SubscriptionId id = 0;
  SubscriptionStart start;
  SubscriberStream* stream = nullptr;
  Phase phase = Phase::kLocating;
  RecordOffset wait_for;
  RecordOffset next;
  // The snapshot that is sent, and its next chunk.
  SubscriptionStart::PartOfSnapshot part;
  // Tell the subscriber how far the log is once it has everything.
  bool progress_due = true;
  bool writing = false;
  bool reading = false;
  // For noticing a stall: when the current Write began or last got on.
  MonoTime moved_at;
  uint64_t sent_at_move = 0;
};

SubscriptionHub::SubscriptionHub(HubOptions options, Executor* executor, const Clock* clock,
                                 const LeaderTracker* leader)
    : options_(options),
      executor_(executor),
      clock_(clock),
      leader_(leader),
      cache_(options.cache_bytes) {}

SubscriptionHub::~SubscriptionHub() = default;

template <typename Fn>
void SubscriptionHub::PostTo(SubscriptionId id, Fn fn) {
  executor_->Post([this, id, fn = std::move(fn)]() mutable {
    const auto it = cursors_.find(id);
    if (it != cursors_.end()) fn(*it->second);
  });
}

SubscriptionId SubscriptionHub::Subscribe(SubscriptionStart start, SubscriberStream* stream) {
  const SubscriptionId id = next_id_++;
  executor_->Post([this, id, start = std::move(start), stream]() mutable {
    Add(id, std::move(start), stream);
  });
  return id;
}

void SubscriptionHub::OnWritten(SubscriptionId id) {
  PostTo(id, [this](Cursor& cursor) {
    cursor.writing = false;
    if (cursor.phase == Cursor::Phase::kEnding) {
      Finish(cursor, std::nullopt);
    } else {
      Pump(cursor);
    }
  });
}

void SubscriptionHub::OnBroken(SubscriptionId id) {
  PostTo(id, [this](Cursor& cursor) { Finish(cursor, std::nullopt); });
}

void SubscriptionHub::Shutdown() {
  executor_->Post([this] {
    shut_down_ = true;
    while (!cursors_.empty()) {
      Finish(*cursors_.begin()->second,
             MakeError(common::v1::CONTROLLER_NOT_AVAILABLE, "this controller is stopping"));
    }
  });
}

void SubscriptionHub::OnSnapshot(const raft::SnapshotMeta& snapshot) {
  executor_->Post([this, id = snapshot.id] {
    cache_.Clear();
    high_watermark_ = id.end_offset;
    last_epoch_ = id.epoch;
    PumpAll(/*with_progress=*/true);
  });
}

void SubscriptionHub::OnCommitted(const std::vector<raft::EntryPtr>& entries) {
  executor_->Post([this, entries] { Append(entries); });
}

void SubscriptionHub::OnLeaderChange(Epoch /*epoch*/, std::optional<NodeId> /*leader*/) {
  executor_->Post([this] { PumpAll(/*with_progress=*/true); });
}

void SubscriptionHub::Add(SubscriptionId id, SubscriptionStart start, SubscriberStream* stream) {
  Cursor& cursor = *cursors_.emplace(id, std::make_unique<Cursor>()).first->second;
  cursor.id = id;
  cursor.start = std::move(start);
  cursor.stream = stream;
  cursor.next = cursor.start.end_offset;
  if (shut_down_) {
    Finish(cursor, MakeError(common::v1::CONTROLLER_NOT_AVAILABLE, "this controller is stopping"));
    return;
  }
  const bool has_nothing = cursor.next == RecordOffset(0) && cursor.start.epoch == Epoch(0);
  if (!has_nothing && (cursor.next <= RecordOffset(0) || cursor.start.epoch <= Epoch(0))) {
    Finish(cursor,
           MakeError(common::v1::INVALID_REQUEST,
                     absl::StrFormat("epoch %d and end_offset %d are no place in a log: both are 0 "
                                     "where a subscriber has nothing, else above 0",
                                     cursor.start.epoch.value(), cursor.next.value())));
    return;
  }
  LOG(INFO) << cursor.start.subscriber << " subscribes from offset " << cursor.next << ", epoch "
            << cursor.start.epoch;
  ArmTick();
  if (cursor.start.part && snapshots_ != nullptr) {
    cursor.phase = Cursor::Phase::kSnapshot;
    cursor.part = *cursor.start.part;
    Pump(cursor);
  } else {
    BeginAtStart(cursor);
  }
}

void SubscriptionHub::BeginAtStart(Cursor& cursor) {
  if (cursor.next == RecordOffset(0)) {
    cursor.phase = Cursor::Phase::kStreaming;
    Pump(cursor);
  } else {
    Locate(cursor);
  }
}

void SubscriptionHub::Locate(Cursor& cursor) {
  cursor.phase = Cursor::Phase::kLocating;
  if (cursor.next <= high_watermark_) {
    VerifyStart(cursor);
  } else {
    AskLeader(cursor);
  }
}

// A subscriber that comes from another controller may be ahead of this one, which has to catch up
// with the leader before it may say that something is not in the log.
void SubscriptionHub::AskLeader(Cursor& cursor) {
  log_->ReadIndex(clock_->Now() + kAskTimeout,
                  [this, id = cursor.id](absl::StatusOr<RecordOffset> offset) {
                    PostTo(id, [this, offset = std::move(offset)](Cursor& asked) {
                      OnLeaderOffset(asked, offset);
                    });
                  });
}

void SubscriptionHub::OnLeaderOffset(Cursor& cursor, const absl::StatusOr<RecordOffset>& offset) {
  if (!offset.ok()) {
    executor_->PostAt(clock_->Now() + kAskPause, [this, id = cursor.id] {
      PostTo(id, [this](Cursor& asking) { Locate(asking); });
    });
    return;
  }
  cursor.phase = Cursor::Phase::kWaiting;
  cursor.wait_for = *offset;
  Pump(cursor);
}

void SubscriptionHub::VerifyStart(Cursor& cursor) {
  cursor.phase = Cursor::Phase::kLocating;
  const RecordOffset last = cursor.next - 1;
  if (const FramePtr frame = cache_.Containing(last)) {
    OnStartFound(cursor, frame->end_offset, frame->epoch);
    return;
  }
  log_->ReadCommitted(last, /*max_bytes=*/1,
                      [this, id = cursor.id](absl::StatusOr<std::vector<raft::EntryPtr>> entries) {
                        PostTo(id, [this, entries = std::move(entries)](Cursor& verified) {
                          if (absl::IsOutOfRange(entries.status())) {
                            OnStartCompacted(verified);
                          } else if (!entries.ok()) {
                            FailRead(verified, entries.status());
                          } else {
                            const raft::EntryPtr& entry = entries->front();
                            OnStartFound(verified, entry->end_offset(), entry->epoch());
                          }
                        });
                      });
}

void SubscriptionHub::OnStartFound(Cursor& cursor, RecordOffset end_offset, Epoch epoch) {
  if (end_offset != cursor.next || epoch != cursor.start.epoch) {
    Reset(cursor, absl::StrFormat("the batch of this log that holds offset %d ends at %d and is of "
                                  "epoch %d; the subscriber's ends at %d and is of epoch %d",
                                  cursor.next.value() - 1, end_offset.value(), epoch.value(),
                                  cursor.next.value(), cursor.start.epoch.value()));
    return;
  }
  cursor.phase = Cursor::Phase::kStreaming;
  Pump(cursor);
}

void SubscriptionHub::Reset(Cursor& cursor, const std::string& reason) {
  LOG(WARNING) << cursor.start.subscriber << " must begin again from nothing: " << reason;
  cursor.phase = Cursor::Phase::kEnding;
  Send(cursor, {MakeResetFrame(reason)});
}

void SubscriptionHub::OnStartCompacted(Cursor& cursor) {
  const auto newest = NewestSnapshot();
  if (newest && newest->end_offset == cursor.next) {
    OnStartFound(cursor, newest->end_offset, newest->epoch);
  } else {
    BeginSnapshot(cursor);
  }
}

void SubscriptionHub::BeginSnapshot(Cursor& cursor) {
  const auto newest = NewestSnapshot();
  if (!newest || newest->end_offset <= cursor.next) {
    FailRead(cursor, absl::DataLossError("neither the log nor a snapshot has what is next"));
    return;
  }
  LOG(INFO) << cursor.start.subscriber << " gets the snapshot of offset " << newest->end_offset
            << ": the log no longer has offset " << cursor.next;
  cursor.phase = Cursor::Phase::kSnapshot;
  cursor.part = {.id = *newest};
  Pump(cursor);
}

std::optional<raft::SnapshotId> SubscriptionHub::NewestSnapshot() const {
  const auto newest = snapshots_ == nullptr ? std::nullopt : snapshots_->Newest();
  return newest ? std::optional(newest->id) : std::nullopt;
}

void SubscriptionHub::ReadChunk(Cursor& cursor) {
  cursor.reading = true;
  snapshots_->ReadChunk(
      cursor.part.id, cursor.part.position,
      [this, id = cursor.id](absl::StatusOr<storage::SnapshotChunk> chunk) {
        PostTo(id, [this, chunk = std::move(chunk)](Cursor& read) { OnChunk(read, chunk); });
      });
}

void SubscriptionHub::OnChunk(Cursor& cursor, const absl::StatusOr<storage::SnapshotChunk>& chunk) {
  cursor.reading = false;
  if (absl::IsNotFound(chunk.status()) && cursor.part.id != NewestSnapshot()) {
    // It was replaced by a newer one, or only another controller has it.
    BeginAtStart(cursor);
    return;
  }
  if (!chunk.ok()) {
    FailRead(cursor, chunk.status());
    return;
  }
  cursor.part.position = chunk->next_position;
  if (chunk->is_last) {
    cursor.phase = Cursor::Phase::kStreaming;
    cursor.next = cursor.part.id.end_offset;
    cursor.start.epoch = cursor.part.id.epoch;
    cursor.progress_due = true;
  }
  Send(cursor, {MakeSnapshotFrame(*chunk)});
}

void SubscriptionHub::Pump(Cursor& cursor) {
  if (cursor.phase == Cursor::Phase::kWaiting && high_watermark_ >= cursor.wait_for) {
    if (cursor.next <= high_watermark_) {
      VerifyStart(cursor);
    } else {
      Reset(cursor, absl::StrFormat("this log ends at offset %d, the subscriber's at %d",
                                    high_watermark_.value(), cursor.next.value()));
    }
    return;
  }
  if (cursor.writing || cursor.reading) return;
  if (cursor.phase == Cursor::Phase::kSnapshot) ReadChunk(cursor);
  if (cursor.phase != Cursor::Phase::kStreaming) return;
  if (cursor.next < high_watermark_) {
    std::vector<FramePtr> frames = cache_.From(cursor.next, options_.chunk_bytes);
    if (frames.empty()) {
      ReadLog(cursor);
    } else {
      cursor.next = frames.back()->end_offset;
      Send(cursor, std::move(frames));
    }
  } else if (cursor.progress_due) {
    cursor.progress_due = false;
    Send(cursor, {MakeProgressFrame(high_watermark_, leader_->view())});
  }
}

void SubscriptionHub::ReadLog(Cursor& cursor) {
  cursor.reading = true;
  cursor.progress_due = true;
  log_->ReadCommitted(
      cursor.next, options_.chunk_bytes,
      [this, id = cursor.id](absl::StatusOr<std::vector<raft::EntryPtr>> entries) {
        PostTo(id, [this, entries = std::move(entries)](Cursor& read) { OnRead(read, entries); });
      });
}

void SubscriptionHub::OnRead(Cursor& cursor,
                             const absl::StatusOr<std::vector<raft::EntryPtr>>& entries) {
  cursor.reading = false;
  if (absl::IsOutOfRange(entries.status())) {
    BeginSnapshot(cursor);
    return;
  }
  if (!entries.ok()) {
    FailRead(cursor, entries.status());
    return;
  }
  std::vector<FramePtr> frames;
  for (const raft::EntryPtr& entry : *entries) {
    CHECK_EQ(entry->header().base_offset, cursor.next);
    cursor.next = entry->end_offset();
    frames.push_back(MakeBatchFrame(entry));
  }
  Send(cursor, std::move(frames));
}

void SubscriptionHub::Send(Cursor& cursor, std::vector<FramePtr> frames) {
  cursor.writing = true;
  cursor.moved_at = clock_->Now();
  cursor.sent_at_move = cursor.stream->frames_sent();
  cursor.stream->Write(std::move(frames));
}

void SubscriptionHub::Finish(Cursor& cursor, std::optional<common::v1::Error> error) {
  SubscriberStream* stream = cursor.stream;
  cursors_.erase(cursor.id);
  stream->Finish(std::move(error));
}

void SubscriptionHub::FailRead(Cursor& cursor, const absl::Status& status) {
  LOG(ERROR) << "cannot read the log for " << cursor.start.subscriber << " at offset "
             << cursor.next << ": " << status;
  Finish(cursor, MakeError(common::v1::UNKNOWN_SERVER_ERROR,
                           "this controller cannot read its log; its own log says why"));
}

void SubscriptionHub::Append(const std::vector<raft::EntryPtr>& entries) {
  bool new_epoch = false;
  for (const raft::EntryPtr& entry : entries) {
    new_epoch |= entry->epoch() != last_epoch_;
    last_epoch_ = entry->epoch();
    cache_.Append(MakeBatchFrame(entry));
    high_watermark_ = entry->end_offset();
  }
  // The first batch of an epoch tells subscribers that its leader has everything.
  PumpAll(/*with_progress=*/new_epoch);
}

void SubscriptionHub::PumpAll(bool with_progress) {
  for (auto& [id, cursor] : cursors_) {
    cursor->progress_due |= with_progress;
    Pump(*cursor);
  }
}

void SubscriptionHub::ArmTick() {
  if (tick_ != kNoTimer) return;
  tick_ = executor_->PostAt(clock_->Now() + options_.progress_interval, [this] {
    tick_ = kNoTimer;
    Tick();
  });
}

void SubscriptionHub::Tick() {
  for (auto it = cursors_.begin(); it != cursors_.end();) {
    Cursor& cursor = *(it++)->second;
    if (!IsStalled(cursor)) continue;
    LOG(WARNING) << cursor.start.subscriber << " is cut off: it has taken nothing for "
                 << ToMs(options_.stall_timeout) << " ms, before offset " << cursor.next;
    SubscriberStream* stream = cursor.stream;
    cursors_.erase(cursor.id);
    stream->Cut(MakeError(common::v1::RESOURCE_EXHAUSTED,
                          absl::StrFormat("the subscriber has taken nothing for %d ms: it may "
                                          "subscribe again where it was",
                                          ToMs(options_.stall_timeout))));
  }
  PumpAll(/*with_progress=*/true);
  if (!cursors_.empty()) ArmTick();
}

bool SubscriptionHub::IsStalled(Cursor& cursor) {
  if (!cursor.writing) return false;
  if (const uint64_t sent = cursor.stream->frames_sent(); sent != cursor.sent_at_move) {
    cursor.sent_at_move = sent;
    cursor.moved_at = clock_->Now();
  }
  return clock_->Now() - cursor.moved_at >= options_.stall_timeout;
}

}  // namespace quorate::server
