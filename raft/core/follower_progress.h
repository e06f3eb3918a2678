// The leader's view of one peer's log (Raft §5.3; dissertation §10.2.1: pipelining). It is separate
// from the leader because this arithmetic of positions and windows is where other systems had bugs.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/clock.h"
#include "base/ids.h"
#include "raft/api/snapshot.h"

namespace quorate::raft {

// Tracks what a peer has, what is in flight to it, and when it last proved that it works.
// Invariants:
//  1. match_index < next_index. match_index never falls: a peer that lost what it acknowledged has
//     lost its disk, and nothing that it says can repair that.
//  2. inflight_bytes is the sum over inflight (etcd raft #54 leaked it on reset).
//  3. The stream delivers in order or breaks, so that requests in flight are answered in order.
class FollowerProgress {
 public:
  // kProbe: next_index is a guess; one request at a time finds where the logs meet. kReplicate:
  // next_index is known to follow what the peer has; requests are pipelined. kSnapshot: nothing is
  // appended until the peer has a snapshot.
  enum class State { kProbe, kReplicate, kSnapshot };

  struct Limits {
    size_t max_messages = 0;
    size_t max_bytes = 0;
  };

  // A new leader guesses that the peer has everything that it has itself: `next` follows the
  // leader's last entry. `now` counts as a sign of life, so that a new leader has a whole timeout
  // to hear from its quorum.
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
  // End offset of the entry at match_index, once the peer has told it.
  std::optional<RecordOffset> match_end_offset() const { return match_end_offset_; }
  size_t inflight_messages() const { return inflight_.size(); }
  size_t inflight_bytes() const { return inflight_bytes_; }
  // The commit index has advanced; the next request carries it.
  void OnCommit(MonoTime now) {
    if (!commit_unsent_since_) commit_unsent_since_ = now;
  }
  // Since when the peer does not know the latest commit index; nullopt if it was told.
  std::optional<MonoTime> commit_unsent_since() const { return commit_unsent_since_; }

  // A new stream starts over, because whatever was in flight may be lost.
  void OnStreamUp();
  void OnStreamDown();

  // Returns whether another request may be sent now. False while a disk read for the peer is under
  // way.
  bool CanSend() const;
  // Returns whether an answer is overdue. The caller then starts over as if the stream had broken.
  bool Stalled(MonoTime now, Duration timeout) const {
    return !inflight_.empty() && progress_at_ + timeout <= now;
  }
  void Restart() { BecomeProbe(); }

  // Accounts for a request that carries [next_index, last] (none if last = next_index - 1) and the
  // commit index. Returns its sequence number. REQUIRES: CanSend().
  int64_t OnSent(LogIndex last, size_t bytes, MonoTime now);

  // Whether the disk is being read for the peer. Nothing is sent before that is done.
  bool reading() const { return reading_; }
  void OnReadStarted() { reading_ = true; }
  void OnReadDone() { reading_ = false; }

  // The peer's log is durable and equal to the leader's up to `match`.
  void OnSuccess(int64_t sequence, LogIndex match, RecordOffset match_end_offset, MonoTime now);
  // The peer's log does not match before request `sequence`. It may match before `next`. Answers to
  // requests that are no longer in flight are ignored.
  void OnReject(int64_t sequence, LogIndex next, MonoTime now);

  // The peer needs entries that the leader no longer has. From now on it is sent `snapshot`; then
  // probing continues from the end of the snapshot. A new append stream ends this state too, and
  // next_index decides again.
  void BecomeSnapshot(const SnapshotMeta& snapshot);
  // REQUIRES: state() == kSnapshot.
  const SnapshotMeta& snapshot() const { return snapshot_.value(); }
  // Accounts for a chunk and returns its sequence number. REQUIRES: state() == kSnapshot.
  int64_t OnChunkSent(MonoTime now);
  // The peer answered chunk `sequence`. Returns false if that is not the last chunk sent of the
  // snapshot `id`, so that the answer does not say how to continue.
  bool OnChunkAnswered(int64_t sequence, const SnapshotId& id, MonoTime now);
  // Returns whether nothing was sent or answered for `timeout`. The caller then offers the snapshot
  // again.
  bool ChunkIsOverdue(MonoTime now, Duration timeout) const {
    return state_ == State::kSnapshot && chunk_at_ + timeout <= now;
  }
  // The peer's log holds what snapshot() holds, durably.
  void OnSnapshotInstalled(MonoTime now);

  // The lowest index that the peer will need from the log, as far as it is known.
  LogIndex needed_index() const { return state_ == State::kReplicate ? match_ + 1 : next_; }

  // Any sign of life from the peer. It proves that the peer's disk and log work only if nothing is
  // outstanding. `last_index` is the leader's.
  void OnContact(LogIndex last_index, MonoTime now);
  // When the peer last gave evidence, as check-quorum counts it, that it is a working part of the
  // quorum.
  MonoTime live_at() const { return live_at_; }
  std::optional<MonoTime> last_contact() const { return last_contact_; }
  // When the leader's log was last no longer than what the peer has by now. Under load a peer is
  // always behind, and yet has caught up with the log of a moment ago (dissertation §4.2.1).
  std::optional<MonoTime> last_caught_up() const { return last_caught_up_; }

  // The highest read round that the peer confirmed.
  int64_t confirmed_read() const { return confirmed_read_; }
  void ConfirmRead(int64_t sequence) { confirmed_read_ = std::max(confirmed_read_, sequence); }

  // Returns what inflight_bytes must be, counted anew. For checks.
  size_t RecountInflightBytes() const;

 private:
  struct Request {
    int64_t sequence;
    LogIndex prev;
    size_t bytes;
  };

  void BecomeProbe();
  // Removes requests up to `sequence`: the stream is in order, so all of them are answered.
  void Answered(int64_t sequence);

  Limits limits_;
  State state_ = State::kProbe;
  LogIndex match_;
  LogIndex next_;
  std::optional<RecordOffset> match_end_offset_;
  std::optional<MonoTime> commit_unsent_since_;
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
  // When something was last answered, or was last sent while nothing was in flight.
  MonoTime progress_at_;
  std::optional<MonoTime> last_contact_;
  std::optional<MonoTime> last_caught_up_;
  // The leader's log ended at tail_ at time tail_at_. A peer that has reached tail_ was caught up
  // then.
  LogIndex tail_;
  MonoTime tail_at_;
  int64_t confirmed_read_ = 0;
};

}  // namespace quorate::raft
