// Records the requests and answers of a world's clients, and the committed log.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metadata/metadata_image.h"
#include "raft/api/entry.h"
#include "tests/sim/checks/linearizability.h"

namespace quorate::sim {

class Ledger {
 public:
  using Op = ClientHistory::Op;

  Op BeginChange(Change change, ClientHistory::Repeats repeats) {
    return history_.BeginChange(std::move(change), repeats);
  }
  void Answered(Op change, Verdict verdict, RecordOffset end_offset) {
    history_.Answered(change, verdict, end_offset);
    ++answered_;
  }
  void Refused(Op change) { history_.Refused(change); }
  Op BeginRead() { return history_.BeginRead(); }
  void Returned(Op read, RecordOffset end_offset, uint64_t hash) {
    history_.Returned(read, end_offset, hash);
    ++reads_;
  }

  // The principal of a change, which identifies its entry in the log.
  static std::string PrincipalOf(Op change);

  // Called when a node has applied this entry. `image` is the state after it. Returns whether this
  // node is the first one.
  bool OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image);
  // Returns the image at this offset, or null if no node has applied the log exactly up to there.
  const metadata::MetadataImage* FindImage(RecordOffset end_offset) const;

  // The number of answers to changes (several per change if several attempts were answered), and to
  // reads.
  size_t answered() const { return answered_; }
  size_t reads() const { return reads_; }
  // The number of changes that are in the log, and the end offset of the last one.
  size_t logged() const { return log_.size(); }
  RecordOffset end_offset() const {
    return log_.empty() ? RecordOffset(0) : log_.back().offset + 1;
  }
  // Returns nullopt if the history of the clients is linearizable.
  std::optional<std::string> FindContradiction() const {
    return sim::FindContradiction(history_, log_);
  }

 private:
  ClientHistory history_;
  std::vector<LoggedChange> log_;
  // Keyed by end offset.
  std::map<RecordOffset, metadata::MetadataImage> images_;
  size_t answered_ = 0;
  size_t reads_ = 0;
};

}  // namespace quorate::sim
