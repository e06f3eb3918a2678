// The linearizable reads of this node, from the call to the answer (ReadIndex, Raft dissertation
// §6.4). They are separate from the core because a read may expire in each stage, and must then not
// be answered again.
#pragma once

#include <map>
#include <set>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "raft/core/event.h"

namespace quorate::raft {

// A read of a node that does not lead goes through three stages:
//
//   waiting ──► asked ──► confirmed ──► ready
//
// Waiting: no leader is known, or a request to it is in flight. One request is in flight at a time.
// It serves all reads that came before it. Asked: that request is in flight. Confirmed: the leader
// led after the read had arrived, and told its commit index, which may be ahead of the one that
// this node knows. Once the entry at this index is committed here, the read is ready.
//
// A leader's own reads are open here but in no stage: ReadRounds has them. A read is open until it
// is taken or expires. A token that is no longer open may still be in a stage, and is skipped
// there.
class LocalReads {
 public:
  struct Ready {
    Token token = 0;
    LogIndex index;
  };

  // Opens a read.
  void Open(Token token, MonoTime deadline);
  // Closes an open read, whose answer the caller gives. Returns false if it expired before.
  bool Take(Token token);
  // Closes and returns the reads whose deadline has come.
  std::vector<Token> Expire(MonoTime now);
  // Returns all open reads.
  std::vector<Token> All() const;
  // Returns kNever if no read is open.
  MonoTime next_deadline() const {
    return by_deadline_.empty() ? kNever : by_deadline_.begin()->first;
  }

  // An open read waits for the next request to a leader.
  void Wait(Token token) { waiting_.push_back(token); }
  // Removes and returns the reads that wait: this node leads now, and confirms them itself.
  std::vector<Token> TakeWaiting() { return std::exchange(waiting_, {}); }

  // Returns whether a request should be sent to the leader.
  bool ShouldAsk() const { return !waiting_.empty() && asked_.empty(); }
  // Moves all reads that wait to a new request, and returns its number. REQUIRES: ShouldAsk().
  Token Ask();
  // Returns whether this is the request in flight.
  bool IsInFlight(Token request) const { return request == request_ && !asked_.empty(); }
  // The request in flight was confirmed at the leader's commit index `index`.
  void Confirm(LogIndex index);
  // The request in flight failed. Removes and returns its reads, which are still open.
  std::vector<Token> Forget() { return std::exchange(asked_, {}); }

  // Closes and returns the confirmed reads whose entry is committed here.
  std::vector<Ready> Release(LogIndex commit_index);

 private:
  std::map<Token, MonoTime> deadlines_;
  std::set<std::pair<MonoTime, Token>> by_deadline_;
  std::vector<Token> waiting_;
  std::vector<Token> asked_;
  // Number of the request in flight, or of the last one.
  Token request_ = 0;
  std::multimap<LogIndex, Token> confirmed_;
};

}  // namespace quorate::raft
