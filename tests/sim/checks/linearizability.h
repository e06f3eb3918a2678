// Checks whether the history of a cluster's clients is linearizable (Herlihy and Wing): whether a
// single state that is changed and read by one client at a time could have given the same answers.
// This is the complete guarantee of the controllers as seen from outside.
//
// In general the check is NP-hard, because any order of overlapping operations may explain a
// history. Here the order is known. The log shows where each change took effect, and each answer
// names the log position on which it was decided. A change at offset o comes after every read of
// positions up to o and before every read of later positions. So its place is 2 * o + 1, and the
// place of a read of position p is 2 * p. For example, reads at positions 4 and 5 have the places 8
// and 10, and the change at offset 4 has the place 9 between them. A refusal, and an answer that
// nothing had to change, are reads of the state on which they were decided. If the log records
// them, their place is that of their entry. Three questions remain:
//
// - Does every answer follow from the state at its place (key_values.h)?
// - Does the order respect real time? No operation may have begun after the end of an operation
//   that comes later in the order. One pass over the history with a running maximum decides this.
// - Was any change executed more often than its client may expect, or after it was answered?
//
// The check is complete. Sorting a history that passes by place (and reads of one position by their
// beginning) explains it. In a history that fails, two operations contradict each other
// independently of the rest. The cost is one sort of the answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "tests/sim/checks/key_values.h"

namespace quorate::sim {

// The requests and answers of clients, in the order in which they happened.
class ClientHistory {
 public:
  // Identifies an operation.
  using Op = size_t;

  // How often a change may be executed.
  enum class Repeats {
    // Once: there is one attempt, or each attempt was certainly not executed before the next one.
    kNever,
    // Once, independent of the number of attempts, because it has a request id.
    kById,
    // Any number of times until it is answered, because it has no id.
    kUntilAnswered,
  };

  Op BeginChange(Change change, Repeats repeats);
  // Records that an attempt was answered from the state up to `end_offset` (exclusive), which
  // includes what the attempt appended. Several attempts with one id may be answered.
  void Answered(Op change, Verdict verdict, RecordOffset end_offset);
  // Records that the client was told that the change is not in the log and never will be.
  void Refused(Op change);
  // A change that is neither answered nor refused may or may not take effect, at any time after its
  // beginning. A read that does not end has returned nothing.

  Op BeginRead();
  // Records that the read saw the state of the log up to `end_offset` (exclusive).
  void Returned(Op read, RecordOffset end_offset, uint64_t hash);

  size_t size() const { return operations_.size(); }

 private:
  friend class LinearizabilityCheck;

  struct Operation {
    // Nullopt for a read.
    std::optional<Change> change;
    Repeats repeats = Repeats::kNever;
    bool refused = false;
    // The end offset of its first answer, or nullopt if there is none.
    std::optional<RecordOffset> answered_at;
    Verdict verdict = Verdict::kDone;
  };
  struct Answer {
    Op op = 0;
    RecordOffset end_offset;
    // The result of a change or of a read, respectively.
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

// An entry of the log that a change appended, or that records the answer to a change.
struct LoggedChange {
  RecordOffset offset;
  ClientHistory::Op op = 0;
};

// Returns nullopt if the history is linearizable, else a description of the first contradiction.
// `log` contains all committed changes, in ascending order.
std::optional<std::string> FindContradiction(const ClientHistory& history,
                                             const std::vector<LoggedChange>& log);

}  // namespace quorate::sim
