#include "raft/core/follower_progress.h"

#include <algorithm>

#include "base/check.h"

namespace quorate::raft {

void FollowerProgress::OnStreamUp() {
  stream_up_ = true;
  last_sequence_ = 0;
  BecomeProbe();
}

void FollowerProgress::OnStreamDown() {
  stream_up_ = false;
  BecomeProbe();
}

bool FollowerProgress::CanSend() const {
  if (!stream_up_ || reading_ || state_ == State::kSnapshot) return false;
  if (state_ == State::kProbe) return inflight_.empty();
  // Bytes are compared before the next request is added, so that an empty window admits a request
  // of any size (Redpanda #1503: an oversized batch waited forever).
  return inflight_.size() < limits_.max_messages && inflight_bytes_ < limits_.max_bytes;
}

int64_t FollowerProgress::OnSent(LogIndex last, size_t bytes, MonoTime now) {
  CHECK(CanSend());
  CHECK_GE(last + 1, next_);
  if (inflight_.empty()) progress_at_ = now;
  inflight_.push_back({.sequence = ++last_sequence_, .prev = next_ - 1, .bytes = bytes});
  inflight_bytes_ += bytes;
  commit_unsent_since_.reset();
  // The position of a probe stays until it is answered.
  if (state_ == State::kReplicate) next_ = last + 1;
  return last_sequence_;
}

void FollowerProgress::OnSuccess(int64_t sequence, LogIndex match, RecordOffset match_end_offset,
                                 MonoTime now) {
  Answered(sequence);
  if (match >= match_) {
    match_ = match;
    match_end_offset_ = match_end_offset;
  }
  // An answer to what was sent before the snapshot does not show that the peer has the snapshot.
  if (state_ != State::kSnapshot || match_ >= snapshot_->last_index) state_ = State::kReplicate;
  next_ = std::max(next_, match_ + 1);
  live_at_ = now;
  progress_at_ = now;
}

void FollowerProgress::OnReject(int64_t sequence, LogIndex next, MonoTime now) {
  const auto request =
      std::find_if(inflight_.begin(), inflight_.end(),
                   [sequence](const Request& r) { return r.sequence == sequence; });
  if (request == inflight_.end()) return;
  // The peer rejects what it once acknowledged. The request stays in flight, so that repeated
  // rejections are no more frequent than Stalled.
  const LogIndex rejected_prev = request->prev;
  if (rejected_prev <= match_) return;
  BecomeProbe();
  next_ = std::clamp(next, match_ + 1, rejected_prev);
  live_at_ = now;
  progress_at_ = now;
}

void FollowerProgress::BecomeSnapshot(const SnapshotMeta& snapshot) {
  BecomeProbe();
  state_ = State::kSnapshot;
  snapshot_ = snapshot;
  next_ = std::max(snapshot.last_index, match_) + 1;
}

int64_t FollowerProgress::OnChunkSent(MonoTime now) {
  CHECK(state_ == State::kSnapshot);
  chunk_at_ = now;
  return ++last_chunk_;
}

bool FollowerProgress::OnChunkAnswered(int64_t sequence, const SnapshotId& id, MonoTime now) {
  if (state_ != State::kSnapshot || snapshot_->id != id || sequence != last_chunk_) return false;
  chunk_at_ = now;
  live_at_ = now;
  progress_at_ = now;
  return true;
}

void FollowerProgress::OnSnapshotInstalled(MonoTime now) {
  if (snapshot_->last_index > match_) {
    match_ = snapshot_->last_index;
    match_end_offset_ = snapshot_->id.end_offset;
  }
  BecomeProbe();
  live_at_ = now;
  progress_at_ = now;
}

void FollowerProgress::OnContact(LogIndex last_index, MonoTime now) {
  last_contact_ = now;
  if (match_ >= last_index) {
    last_caught_up_ = now;
  } else if (match_ >= tail_) {
    last_caught_up_ = std::max(last_caught_up_.value_or(tail_at_), tail_at_);
  }
  if (match_ >= tail_) {
    tail_ = last_index;
    tail_at_ = now;
  }
  const bool outstanding = state_ != State::kReplicate || match_ < last_index;
  if (!outstanding) live_at_ = now;
}

void FollowerProgress::BecomeProbe() {
  // Nothing that was sent beyond `match` is certain. Without any match the last guess stays.
  if (match_ > LogIndex(0)) {
    next_ = match_ + 1;
  } else if (!inflight_.empty()) {
    next_ = inflight_.front().prev + 1;
  }
  state_ = State::kProbe;
  snapshot_.reset();
  inflight_.clear();
  inflight_bytes_ = 0;
}

void FollowerProgress::Answered(int64_t sequence) {
  while (!inflight_.empty() && inflight_.front().sequence <= sequence) {
    inflight_bytes_ -= inflight_.front().bytes;
    inflight_.pop_front();
  }
}

size_t FollowerProgress::RecountInflightBytes() const {
  size_t bytes = 0;
  for (const Request& request : inflight_) bytes += request.bytes;
  return bytes;
}

}  // namespace quorate::raft
