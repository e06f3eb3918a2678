// Whether what the clients of a cluster saw is what one state, changed and read by one client at a
// time, could have shown them (Herlihy and Wing): the whole promise of the controllers, from the
// outside.
//
// In general the check is NP-hard, because any order of the overlapping operations may explain a
// history. Here the order is known. The log tells where each change took effect, and each answer
// names the log position that it was decided from. A change at offset o comes after every read of
// positions up to o and before every read of later ones: its place is 2 * o + 1, and that of a read
// of position p is 2 * p. A refusal, and an answer that there was nothing to change, are reads of
// the state that they were decided from, unless the log remembers them: then their place is that of
// their entry. So three questions are left:
//
// - Is every answer what the state at its place makes it (key_values.h)?
// - Does the order respect real time? No operation may have begun after one that comes later in the
//   order had ended. One pass over the history with a running maximum decides it.
// - Was any change executed more often than its client may expect, or after it was answered?
//
// It is complete, because nothing was left open: a history that passes is explained by sorting it
// by place (reads of one position by their beginning), and in one that does not, two operations
// contradict each other whatever the rest is. It costs one sort of the answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "tests/sim/checks/key_values.h"

namespace quorate::sim {

// What clients asked and were told, in the order in which it happened.
class ClientHistory {
 public:
  // Names an operation.
  using Op = size_t;

  // How often a change may be executed.
  enum class Repeats {
    // Once: there is one attempt, or each was certainly not executed before the next one.
    kNever,
    // Once, however many attempts there are: it has a request id.
    kById,
    // Until it is answered: it has no id, and its attempts may do the same again.
    kUntilAnswered,
  };

  Op BeginChange(Change change, Repeats repeats);
  // An attempt was answered from the state up to `end_offset` (exclusive), what it appended itself
  // included. Several attempts of one id may be.
  void Answered(Op change, Verdict verdict, RecordOffset end_offset);
  // The client was told that the change is not in the log and never will be.
  void Refused(Op change);
  // A change that is neither may or may not take effect, at any time from its beginning on. A read
  // that does not end was told nothing.

  Op BeginRead();
  // It saw the state that the log makes up to `end_offset` (exclusive).
  void Returned(Op read, RecordOffset end_offset, uint64_t hash);

  size_t size() const { return operations_.size(); }

 private:
  friend class LinearizabilityCheck;

  struct Operation {
    // Nothing: a read.
    std::optional<Change> change;
    Repeats repeats = Repeats::kNever;
    bool refused = false;
    // Of its first answer; nothing: there is none.
    std::optional<RecordOffset> answered_at;
    Verdict verdict = Verdict::kDone;
  };
  struct Answer {
    Op op = 0;
    RecordOffset end_offset;
    // Of a change, and of a read.
    Verdict verdict = Verdict::kDone;
    uint64_t hash = 0;
  };
  struct Moment {
    Op op = 0;
    bool is_end = false;
  };

  std::vector<Operation> operations_;
  std::vector<Answer> answers_;
  std::vector<Moment> moments_;
};

// An entry of the log that a change made, or that remembers what it was answered.
struct LoggedChange {
  RecordOffset offset;
  ClientHistory::Op op = 0;
};

// Nothing: the history is linearizable. Else the first thing that contradicts it. `log`: all that
// is committed in the end, ascending.
std::optional<std::string> FindContradiction(const ClientHistory& history,
                                             const std::vector<LoggedChange>& log);

}  // namespace quorate::sim
