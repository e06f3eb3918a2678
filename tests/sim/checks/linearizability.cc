#include "tests/sim/checks/linearizability.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::sim {

ClientHistory::Op ClientHistory::BeginChange(Change change, Repeats repeats) {
  operations_.push_back({.change = std::move(change), .repeats = repeats});
  moments_.push_back({.op = operations_.size() - 1});
  return operations_.size() - 1;
}

ClientHistory::Op ClientHistory::BeginRead() {
  operations_.push_back({});
  moments_.push_back({.op = operations_.size() - 1});
  return operations_.size() - 1;
}

void ClientHistory::Answered(Op change, Verdict verdict, RecordOffset end_offset) {
  Operation& operation = operations_.at(change);
  CHECK(operation.change && !operation.refused);
  CHECK(!operation.answered_at || operation.repeats == Repeats::kById) << "it ends once";
  answers_.push_back({.op = change, .end_offset = end_offset, .verdict = verdict});
  if (operation.answered_at) return;
  operation.answered_at = end_offset;
  operation.verdict = verdict;
  moments_.push_back({.op = change, .is_end = true});
}

void ClientHistory::Refused(Op change) {
  Operation& operation = operations_.at(change);
  CHECK(operation.change && !operation.refused && !operation.answered_at) << "it ends once";
  operation.refused = true;
}

void ClientHistory::Returned(Op read, RecordOffset end_offset, uint64_t hash) {
  Operation& operation = operations_.at(read);
  CHECK(!operation.change && !operation.answered_at) << "it ends once";
  operation.answered_at = end_offset;
  answers_.push_back({.op = read, .end_offset = end_offset, .hash = hash});
  moments_.push_back({.op = read, .is_end = true});
}

class LinearizabilityCheck {
 public:
  LinearizabilityCheck(const ClientHistory& history, const std::vector<LoggedChange>& log)
      : history_(history), log_(log), executions_(history.operations_.size()) {}

  std::optional<std::string> Run() {
    const bool sound = IndexLog() && CheckRefusals() && CheckAnswers() && CheckRealTime();
    CHECK_EQ(sound, !contradiction_.has_value());
    return contradiction_;
  }

 private:
  using Op = ClientHistory::Op;
  using Operation = ClientHistory::Operation;
  using Answer = ClientHistory::Answer;
  using Repeats = ClientHistory::Repeats;

  // The first and last offset at which the log executes a change. Nullopt if it does not.
  struct Executions {
    std::optional<RecordOffset> first;
    std::optional<RecordOffset> last;
    // The verdict of the last execution replayed so far.
    Verdict verdict = Verdict::kDone;
  };

  bool Contradiction(std::string what) {
    contradiction_ = std::move(what);
    return false;
  }

  bool IndexLog() {
    for (const LoggedChange& logged : log_) {
      if (logged.op >= history_.operations_.size() || !OperationOf(logged.op).change) {
        return Contradiction(absl::StrFormat(
            "the log holds a change at offset %d that nobody asked", logged.offset.value()));
      }
      Executions& executions = executions_[logged.op];
      if (executions.first && OperationOf(logged.op).repeats != Repeats::kUntilAnswered) {
        return Contradiction(absl::StrFormat("'%s' is in the log twice: at offsets %d and %d",
                                             NameOf(logged.op), executions.first->value(),
                                             logged.offset.value()));
      }
      if (!executions.first) executions.first = logged.offset;
      executions.last = logged.offset;
    }
    return true;
  }

  bool CheckRefusals() {
    for (Op op = 0; op < executions_.size(); ++op) {
      if (!OperationOf(op).refused || !executions_[op].first) continue;
      return Contradiction(absl::StrFormat("'%s' was refused and is in the log at offset %d",
                                           NameOf(op), executions_[op].first->value()));
    }
    return true;
  }

  // Replays the log, and compares each answer with the state on which it was decided.
  bool CheckAnswers() {
    std::vector<Answer> answers = history_.answers_;
    std::stable_sort(answers.begin(), answers.end(),
                     [](const Answer& a, const Answer& b) { return a.end_offset < b.end_offset; });
    KeyValues state;
    size_t replayed = 0;
    for (const Answer& answer : answers) {
      for (; replayed < log_.size() && log_[replayed].offset < answer.end_offset; ++replayed) {
        const Op op = log_[replayed].op;
        executions_[op].verdict = Apply(*OperationOf(op).change, &state);
      }
      if (!CheckAnswer(answer, state)) return false;
    }
    return true;
  }

  bool CheckAnswer(const Answer& answer, const KeyValues& state) {
    const Operation& operation = OperationOf(answer.op);
    if (!operation.change) {
      if (HashOf(state) == answer.hash) return true;
      return Contradiction(absl::StrFormat(
          "a read up to offset %d saw another state than the log's", answer.end_offset.value()));
    }
    if (answer.verdict != operation.verdict) {
      return Contradiction(absl::StrFormat("'%s' was answered '%s' and '%s'", NameOf(answer.op),
                                           ToText(operation.verdict), ToText(answer.verdict)));
    }
    const Executions& executions = executions_[answer.op];
    if (executions.last && *executions.last >= answer.end_offset) {
      return Contradiction(absl::StrFormat("'%s' was answered as of offset %d and executed at %d",
                                           NameOf(answer.op), answer.end_offset.value(),
                                           executions.last->value()));
    }
    if (executions.last && !IsRead(operation, executions, answer.end_offset)) {
      return CheckVerdict(answer, executions.verdict);
    }
    KeyValues after = state;
    if (!CheckVerdict(answer, Apply(*operation.change, &after))) return false;
    if (after == state) return true;
    return Contradiction(absl::StrFormat("'%s' was acknowledged as of offset %d and is not there",
                                         NameOf(answer.op), answer.end_offset.value()));
  }

  bool CheckVerdict(const Answer& answer, Verdict right) {
    if (answer.verdict == right) return true;
    return Contradiction(absl::StrFormat(
        "'%s' was answered '%s' as of offset %d, and is '%s' there", NameOf(answer.op),
        ToText(answer.verdict), answer.end_offset.value(), ToText(right)));
  }

  // Returns whether an answer is not recorded in the log: it is a refusal, or nothing had to
  // change.
  static bool IsRead(const Operation& operation, const Executions& executions, RecordOffset end) {
    if (!executions.last) return true;
    return operation.repeats == Repeats::kUntilAnswered && *executions.last + 1 < end;
  }

  // The places of an operation in the only possible order. An operation that saw the log up to
  // offset n has the place 2n, and a change at offset n has the place 2n + 1. For example, a change
  // at offset 5 (place 11) comes after a read up to offset 5 (place 10) and before a read up to
  // offset 6 (place 12).
  struct Places {
    int64_t first = 0;
    int64_t last = 0;
  };
  // Returns nullopt if the operation had no effect.
  std::optional<Places> PlacesOf(Op op) const {
    const Operation& operation = OperationOf(op);
    const Executions& executions = executions_[op];
    Places places;
    if (executions.last) {
      places = {.first = 2 * executions.first->value() + 1,
                .last = 2 * executions.last->value() + 1};
      if (!operation.answered_at) return places;
    } else if (!operation.answered_at) {
      return std::nullopt;
    }
    if (IsRead(operation, executions, *operation.answered_at)) {
      places.last = 2 * operation.answered_at->value();
      if (!executions.last) places.first = places.last;
    }
    return places;
  }

  bool CheckRealTime() {
    // The highest place of all operations that have ended so far, and the operation that has it.
    int64_t ended = -1;
    Op ended_op = 0;
    for (const auto& moment : history_.moments_) {
      const std::optional<Places> places = PlacesOf(moment.op);
      if (!places) continue;
      if (moment.is_end) {
        if (places->last > ended) ended_op = moment.op;
        ended = std::max(ended, places->last);
      } else if (places->first < ended) {
        return Contradiction(absl::StrFormat("%s began after %s had ended", Describe(moment.op),
                                             Describe(ended_op)));
      }
    }
    return true;
  }

  const Operation& OperationOf(Op op) const { return history_.operations_[op]; }
  std::string NameOf(Op op) const {
    return absl::StrFormat("%s (op %d)", ToText(*OperationOf(op).change), op);
  }
  std::string Describe(Op op) const {
    const Operation& operation = OperationOf(op);
    if (!operation.change) {
      return absl::StrFormat("a read of the state up to offset %d", operation.answered_at->value());
    }
    if (!executions_[op].last) {
      return absl::StrFormat("'%s', answered '%s' as of offset %d,", NameOf(op),
                             ToText(operation.verdict), operation.answered_at->value());
    }
    return absl::StrFormat("'%s' at offset %d", NameOf(op), executions_[op].last->value());
  }

  const ClientHistory& history_;
  const std::vector<LoggedChange>& log_;
  // Indexed by operation.
  std::vector<Executions> executions_;
  std::optional<std::string> contradiction_;
};

std::optional<std::string> FindContradiction(const ClientHistory& history,
                                             const std::vector<LoggedChange>& log) {
  return LinearizabilityCheck(history, log).Run();
}

}  // namespace quorate::sim
