// What the clients of a world asked and were told, and what the log turned out to hold.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sim/checks/linearizability.h"

namespace quorate::sim {

class Ledger {
 public:
  ClientHistory::Op BeginAppend(std::string value) {
    return history_.BeginAppend(std::move(value));
  }
  ClientHistory::Op BeginRead() { return history_.BeginRead(); }
  void Acknowledged(ClientHistory::Op append, RecordOffset offset) {
    history_.Acknowledged(append, offset);
    ++acknowledged_;
  }
  void Refused(ClientHistory::Op append) { history_.Refused(append); }
  void Returned(ClientHistory::Op read, RecordOffset end_offset, uint64_t hash) {
    history_.Returned(read, end_offset, hash);
    ++reads_;
  }
  // Some node delivered this value.
  void OnLogged(RecordOffset offset, std::string_view value) {
    if (!log_.empty() && offset <= log_.back().offset) return;
    hashes_.push_back(ExtendHash(hashes_.back(), value));
    log_.push_back({.offset = offset, .value = std::string(value)});
  }

  // Names the values before `end_offset`. REQUIRES: all of them are known.
  uint64_t HashAt(RecordOffset end_offset) const {
    const auto end = std::partition_point(
        log_.begin(), log_.end(),
        [end_offset](const LoggedValue& logged) { return logged.offset < end_offset; });
    return hashes_[static_cast<size_t>(end - log_.begin())];
  }

  size_t acknowledged() const { return acknowledged_; }
  size_t reads() const { return reads_; }
  // Of what is known to be in the log.
  RecordOffset end_offset() const {
    return log_.empty() ? RecordOffset(0) : log_.back().offset + 1;
  }
  // Nothing: what the clients saw was linearizable.
  std::optional<std::string> FindContradiction() const {
    return sim::FindContradiction(history_, log_);
  }

 private:
  ClientHistory history_;
  std::vector<LoggedValue> log_;
  // Of its first values: of none, of one, and so on.
  std::vector<uint64_t> hashes_ = {0};
  size_t acknowledged_ = 0;
  size_t reads_ = 0;
};

}  // namespace quorate::sim
