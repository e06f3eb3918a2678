// The leader's view of one peer's log (Raft §5.3, §10.2.1 of the dissertation: pipelining). Apart
// from the leader because this arithmetic of positions and windows is where systems went wrong.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"
#include "base/ids.h"
#include "raft/snapshot.h"

namespace quorate::raft {

// Invariants:
//  1. match_index < next_index. match_index never falls: a peer that lost what it acknowledged has
//     lost its disk, and nothing it says can heal that.
//  2. inflight_bytes is the sum over inflight (etcd raft #54 leaked it on reset).
//  3. The stream delivers in order or breaks: what is in flight is answered in order.
class FollowerProgress {
 public:
  // Whether next_index is a guess (one request at a time, to find where the logs meet) or known to
  // follow what the peer has (requests are pipelined), or nothing is appended until a snapshot has
  // arrived.
  enum class State { kProbe, kReplicate, kSnapshot };

  struct Limits {
    size_t max_messages = 0;
    size_t max_bytes = 0;
  };

  // A new leader guesses that the peer has all that it has itself: `next` is its own end. `now`
  // counts as evidence of life, so that a new leader has a whole timeout to hear from its quorum.
  FollowerProgress(LogIndex next, MonoTime now, Limits limits)
      : limits_(limits),
        next_(next),
        live_at_(now),
        progress_at_(now),
        tail_(next - 1),
        tail_at_(now) {}

  State state() const { return state_; }
  LogIndex match_index() const { return match_; }
  LogIndex next_index() const { return next_; }
  // End offset of the entry at match_index, once the peer told.
  std::optional<RecordOffset> match_end_offset() const { return match_end_offset_; }
  size_t inflight_messages() const { return inflight_.size(); }
  size_t inflight_bytes() const { return inflight_bytes_; }
  // The commit index has moved on; the next request tells it.
  void OnCommit(MonoTime now) {
    if (!untold_since_) untold_since_ = now;
  }
  // Since when the commit index is another than the peer was told; nothing: it is not.
  std::optional<MonoTime> untold_since() const { return untold_since_; }

  // A new stream starts over: whatever was in flight may be lost.
  void OnStreamUp();
  void OnStreamDown();

  // Whether another request may be sent now. While disk reads for the peer are under way: no.
  bool CanSend() const;
  // An answer is overdue: start over as if the stream had broken.
  bool Stalled(MonoTime now, Duration timeout) const {
    return !inflight_.empty() && progress_at_ + timeout <= now;
  }
  void Restart() { BecomeProbe(); }

  // Accounts for a request that holds [next_index, last] (empty: last = next_index - 1) and the
  // commit index; returns its sequence number. REQUIRES: CanSend().
  int64_t OnSent(LogIndex last, size_t bytes, MonoTime now);

  // The disk is asked for what the peer needs: nothing is sent before that is here.
  bool reading() const { return reading_; }
  void OnReadStarted() { reading_ = true; }
  void OnReadDone() { reading_ = false; }

  // The peer's log is durable and equal to ours up to `match`.
  void OnSuccess(int64_t sequence, LogIndex match, RecordOffset match_end_offset, MonoTime now);
  // The peer's log does not match before request `sequence`; it may match before `next`. Answers to
  // what is no longer in flight are ignored.
  void OnReject(int64_t sequence, LogIndex next, MonoTime now);

  // The peer needs entries that are gone: from now on it is sent `snapshot`, from whose end probing
  // goes on. A new append stream ends this too, and next_index decides again.
  void BecomeSnapshot(const SnapshotMeta& snapshot);
  // REQUIRES: state() == kSnapshot.
  const SnapshotMeta& snapshot() const { return snapshot_.value(); }
  // Accounts for a chunk; returns its sequence number. REQUIRES: state() == kSnapshot.
  int64_t OnChunkSent(MonoTime now);
  // The peer answered chunk `sequence`. False: it is not the last one that was sent of the snapshot
  // `id`, so the answer says nothing of how to go on.
  bool OnChunkAnswered(int64_t sequence, const SnapshotId& id, MonoTime now);
  // Nothing was sent or answered for a while: offer the snapshot anew.
  bool ChunkIsOverdue(MonoTime now, Duration timeout) const {
    return state_ == State::kSnapshot && chunk_at_ + timeout <= now;
  }
  // The peer's log holds what snapshot() does, durably.
  void OnSnapshotInstalled(MonoTime now);

  // The lowest index that the peer will ask the log for, as far as it is known.
  LogIndex needed_index() const { return state_ == State::kReplicate ? match_ + 1 : next_; }

  // Any sign of life. It proves that the peer's disk and log work only if nothing is outstanding;
  // `last_index` is the leader's.
  void OnContact(LogIndex last_index, MonoTime now);
  // Evidence, as check-quorum counts it, that the peer is a working part of the quorum.
  MonoTime live_at() const { return live_at_; }
  std::optional<MonoTime> last_contact() const { return last_contact_; }
  // When the leader's log was last no longer than what the peer has by now: under load a peer is
  // always behind, and yet caught up with a moment ago (dissertation §4.2.1).
  std::optional<MonoTime> last_caught_up() const { return last_caught_up_; }

  // The highest read round that the peer confirmed.
  int64_t confirmed_read() const { return confirmed_read_; }
  void ConfirmRead(int64_t sequence) { confirmed_read_ = std::max(confirmed_read_, sequence); }

  // What inflight_bytes must be, summed up anew, for checks.
  size_t RecountInflightBytes() const;

 private:
  struct Request {
    int64_t sequence;
    LogIndex prev;
    size_t bytes;
  };

  void BecomeProbe();
  // Forgets requests up to `sequence`: the stream is in order, so they are answered.
  void Answered(int64_t sequence);

  Limits limits_;
  State state_ = State::kProbe;
  LogIndex match_;
  LogIndex next_;
  std::optional<RecordOffset> match_end_offset_;
  std::optional<MonoTime> untold_since_;
  bool stream_up_ = false;
  bool reading_ = false;
  int64_t last_sequence_ = 0;
  std::optional<SnapshotMeta> snapshot_;
  int64_t last_chunk_ = 0;
  // When the last chunk was sent or answered.
  MonoTime chunk_at_;
  std::deque<Request> inflight_;
  size_t inflight_bytes_ = 0;

  MonoTime live_at_;
  // When something was last answered, or last sent while nothing was in flight.
  MonoTime progress_at_;
  std::optional<MonoTime> last_contact_;
  std::optional<MonoTime> last_caught_up_;
  // The leader's log ended at tail_ at tail_at_: what the peer must reach to be caught up with
  // then.
  LogIndex tail_;
  MonoTime tail_at_;
  int64_t confirmed_read_ = 0;
};

}  // namespace quorate::raft
