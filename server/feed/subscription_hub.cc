#include "server/feed/subscription_hub.h"

#include <algorithm>
#include <utility>

#include "server/node/refused_error.h"

namespace quorate::server {
namespace {

// The number of cursors that are pumped in one task. Each of them may start a write.
constexpr size_t kSlice = 64;

common::v1::Error Stopping() {
  return MakeError(common::v1::CONTROLLER_NOT_AVAILABLE, "this controller is stopping");
}

}  // namespace

SubscriptionHub::SubscriptionHub(HubOptions options, const Ports& ports)
    : slots_(options.catch_up_slots),
      source_{.options = options,
              .executor = ports.executor,
              .clock = ports.clock,
              .leader = ports.leader,
              .encoder = ports.encoder,
              .log = ports.log,
              .snapshots = ports.snapshots,
              .cache = FrameCache(options.cache_bytes, ports.encoder),
              .high_watermark = {},
              .slots = &slots_,
              .instruments = &instruments_} {}

template <typename Fn>
void SubscriptionHub::PostTo(SubscriptionId id, Fn fn) {
  source_.executor->Post([this, id, fn = std::move(fn)] {
    const auto it = cursors_.find(id);
    if (it != cursors_.end()) fn(*it->second);
  });
}

SubscriptionId SubscriptionHub::Subscribe(SubscriptionStart start, SubscriberStream* stream) {
  const SubscriptionId id = next_id_++;
  source_.executor->Post([this, id, start = std::move(start), stream]() mutable {
    Add(id, std::move(start), stream);
  });
  return id;
}

void SubscriptionHub::OnWritten(SubscriptionId id) {
  PostTo(id, [](SubscriptionCursor& cursor) { cursor.OnWritten(); });
}

void SubscriptionHub::OnBroken(SubscriptionId id) {
  PostTo(id, [](SubscriptionCursor& cursor) { cursor.Finish(std::nullopt); });
}

void SubscriptionHub::Describe(absl::AnyInvocable<void(FeedStatus) &&> done) {
  source_.executor->Post([this, done = std::move(done)]() mutable {
    FeedStatus status{.subscriptions = cursors_.size()};
    for (const auto& [id, cursor] : cursors_) {
      status.max_lag_offsets = std::max(status.max_lag_offsets, cursor->lag_offsets());
      status.unsent_bytes += cursor->unsent_bytes();
    }
    std::move(done)(status);
  });
}

void SubscriptionHub::Shutdown() {
  source_.executor->Post([this] {
    shut_down_ = true;
    while (!cursors_.empty()) cursors_.begin()->second->Finish(Stopping());
  });
}

void SubscriptionHub::OnSnapshot(const raft::SnapshotMeta& snapshot) {
  source_.executor->Post([this, id = snapshot.id] {
    source_.cache.Clear();
    source_.high_watermark = id.end_offset;
    last_epoch_ = id.epoch;
    PumpAll(/*with_progress=*/true);
  });
}

void SubscriptionHub::OnCommitted(const std::vector<raft::EntryPtr>& entries) {
  source_.executor->Post([this, entries] { Append(entries); });
}

void SubscriptionHub::OnLeaderChange(Epoch /*epoch*/, std::optional<NodeId> /*leader*/) {
  source_.executor->Post([this] { PumpAll(/*with_progress=*/true); });
}

void SubscriptionHub::Add(SubscriptionId id, SubscriptionStart start, SubscriberStream* stream) {
  if (shut_down_) {
    stream->Finish(Stopping());
    return;
  }
  const auto cursor = std::make_shared<SubscriptionCursor>(&source_, std::move(start), stream,
                                                           [this, id] { cursors_.erase(id); });
  cursors_.emplace(id, cursor);
  ArmTick();
  cursor->Begin();
}

void SubscriptionHub::Append(const std::vector<raft::EntryPtr>& entries) {
  bool new_epoch = false;
  for (const raft::EntryPtr& entry : entries) {
    new_epoch |= entry->epoch() != last_epoch_;
    last_epoch_ = entry->epoch();
    source_.cache.Append(entry);
    source_.high_watermark = entry->end_offset();
  }
  // Send progress with the first batch of an epoch: it shows that the new leader has everything
  // before it.
  PumpAll(/*with_progress=*/new_epoch);
}

void SubscriptionHub::PumpAll(bool with_progress) {
  if (pass_) {
    if (!next_pass_) next_pass_.emplace();
    next_pass_->with_progress |= with_progress;
    return;
  }
  pass_ = Pass{.with_progress = with_progress};
  PumpSlice();
}

void SubscriptionHub::PumpSlice() {
  auto it = cursors_.lower_bound(pass_->next);
  for (size_t i = 0; i < kSlice && it != cursors_.end(); ++i, ++it) {
    it->second->Pump(pass_->with_progress);
  }
  if (it != cursors_.end()) {
    pass_->next = it->first;
  } else {
    pass_ = std::exchange(next_pass_, std::nullopt);
  }
  if (pass_) source_.executor->Post([this] { PumpSlice(); });
}

void SubscriptionHub::ArmTick() {
  if (tick_ != kNoTimer) return;
  tick_ =
      source_.executor->PostAt(source_.clock->Now() + source_.options.progress_interval, [this] {
        tick_ = kNoTimer;
        Tick();
      });
}

void SubscriptionHub::Tick() {
  for (auto it = cursors_.begin(); it != cursors_.end();) {
    SubscriptionCursor& cursor = *(it++)->second;
    cursor.NoteProgress();
    if (cursor.IsStalled()) cursor.CutOff();
  }
  PumpAll(/*with_progress=*/true);
  if (!cursors_.empty()) ArmTick();
}

}  // namespace quorate::server
