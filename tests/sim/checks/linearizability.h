// Whether what the clients of a cluster saw is what one log, written and read by one client at a
// time, could have shown them (Herlihy and Wing): the whole promise of the controllers, from the
// outside.
//
// In general the check is NP-hard, because any order of the overlapping operations may explain a
// history. Here the order is known: the log itself tells where each append took effect, and a read
// names the log position that it saw. So each operation has one place that it can have in the only
// possible order: an append at offset o comes after every read of positions up to o and before
// every read of later ones, that is at 2 * o + 1, and a read of position p at 2 * p. What is left
// to ask is whether that order respects real time: no operation may have begun after one that comes
// later in the order had ended. One pass over the history with a running maximum decides it. It is
// complete, because in both directions nothing was left open: a history that passes is explained by
// sorting it by place (reads of one position by their beginning), and in one that does not, two
// operations contradict each other whatever the rest is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace quorate::sim {

// Names a list of values, in order: the hash of nothing is 0.
uint64_t ExtendHash(uint64_t hash, std::string_view value);

// What clients asked and were told, in the order in which it happened.
class ClientHistory {
 public:
  // Names an operation.
  using Op = size_t;

  // Appends a value, which no other append of the history has.
  Op BeginAppend(std::string value);
  void Acknowledged(Op append, RecordOffset offset);
  // The client was told that the value is not in the log and never will be.
  void Refused(Op append);
  // An append that is neither may or may not take effect, at any time from its beginning on. A read
  // that does not end was told nothing.

  Op BeginRead();
  // It saw the log up to `end_offset` (exclusive): values whose hash is `hash`.
  void Returned(Op read, RecordOffset end_offset, uint64_t hash);

  size_t size() const { return operations_.size(); }

 private:
  friend class LinearizabilityCheck;

  enum class Outcome { kUnknown, kAcknowledged, kRefused, kReturned };
  struct Operation {
    // Of an append; nothing: a read.
    std::optional<std::string> value;
    Outcome outcome = Outcome::kUnknown;
    // What was acknowledged, or the position that was read.
    RecordOffset offset;
    uint64_t hash = 0;
  };
  struct Moment {
    Op op = 0;
    bool is_end = false;
  };

  Operation& End(Op op, Outcome outcome);

  std::vector<Operation> operations_;
  std::vector<Moment> moments_;
};

// A value in the log.
struct LoggedValue {
  RecordOffset offset;
  std::string value;
};

// Nothing: the history is linearizable. Else the first thing that contradicts it. `log`: all that
// is committed in the end, ascending.
std::optional<std::string> FindContradiction(const ClientHistory& history,
                                             const std::vector<LoggedValue>& log);

}  // namespace quorate::sim
