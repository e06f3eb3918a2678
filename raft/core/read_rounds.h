// Confirms a leader's reads in rounds of heartbeats (ReadIndex, Raft dissertation §6.4). It is
// separate from the core because which answer may confirm which read is easy to get wrong.
#pragma once

#include <cstdint>
#include <vector>

#include "raft/core/event.h"

namespace quorate::raft {

// A read for which the leader must confirm its leadership: its own, or one of a follower.
struct PendingRead {
  // The token is this node's own if session is 0, else that of the node that asked on the session.
  Token token = 0;
  SessionId session = 0;
};

// The reads of one leader in one epoch. A read is linearizable at the leader's commit index if a
// majority confirms, after the read arrived, that the node still leads. A round asks for this with
// a heartbeat that carries its number. One round is under way at a time, and serves all reads that
// came before it. Later reads wait for the next one, because the answers to this round may have
// been given before they arrived.
class ReadRounds {
 public:
  // Adds a read, which waits for the next round.
  void Add(PendingRead read);

  // Begins a round at the leader's commit index, if reads wait and no round is under way. Returns
  // whether it did. The caller then sends heartbeats with sequence(). REQUIRES: the barrier of the
  // epoch is committed.
  bool Begin(LogIndex commit_index);
  bool is_under_way() const { return !in_round_.empty(); }
  // Number of the round under way, or of the last one. The leader assigns it, so that no answer to
  // an earlier heartbeat confirms a later read (etcd #20418). It starts over with each epoch.
  int64_t sequence() const { return sequence_; }
  // The commit index at which the round began.
  LogIndex read_index() const { return read_index_; }

  // A majority has confirmed the round under way. Ends it and returns its reads.
  std::vector<PendingRead> Finish();
  // Leadership is lost. Removes and returns all reads, none of which is confirmed.
  std::vector<PendingRead> Abandon();

 private:
  int64_t sequence_ = 0;
  LogIndex read_index_;
  std::vector<PendingRead> in_round_;
  std::vector<PendingRead> waiting_;
};

}  // namespace quorate::raft
