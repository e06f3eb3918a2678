#include "tests/sim/checks/linearizability.h"

#include <xxhash.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::sim {

uint64_t ExtendHash(uint64_t hash, std::string_view value) {
  return XXH3_64bits_withSeed(value.data(), value.size(), hash);
}

ClientHistory::Op ClientHistory::BeginAppend(std::string value) {
  operations_.push_back({.value = std::move(value)});
  moments_.push_back({.op = operations_.size() - 1});
  return operations_.size() - 1;
}

ClientHistory::Op ClientHistory::BeginRead() {
  operations_.push_back({});
  moments_.push_back({.op = operations_.size() - 1});
  return operations_.size() - 1;
}

void ClientHistory::Acknowledged(Op append, RecordOffset offset) {
  End(append, Outcome::kAcknowledged).offset = offset;
}

void ClientHistory::Refused(Op append) { End(append, Outcome::kRefused); }

void ClientHistory::Returned(Op read, RecordOffset end_offset, uint64_t hash) {
  Operation& operation = End(read, Outcome::kReturned);
  operation.offset = end_offset;
  operation.hash = hash;
}

ClientHistory::Operation& ClientHistory::End(Op op, Outcome outcome) {
  Operation& operation = operations_.at(op);
  CHECK(operation.outcome == Outcome::kUnknown) << "an operation ends once";
  CHECK_EQ(operation.value.has_value(), outcome != Outcome::kReturned);
  operation.outcome = outcome;
  moments_.push_back({.op = op, .is_end = true});
  return operation;
}

class LinearizabilityCheck {
 public:
  LinearizabilityCheck(const ClientHistory& history, const std::vector<LoggedValue>& log)
      : history_(history), log_(log) {}

  std::optional<std::string> Run() {
    const bool sound = IndexLog() && CheckAppends() && CheckReads() && CheckRealTime();
    CHECK_EQ(sound, !contradiction_.has_value());
    return contradiction_;
  }

 private:
  using Op = ClientHistory::Op;
  using Outcome = ClientHistory::Outcome;

  bool Contradiction(std::string what) {
    contradiction_ = std::move(what);
    return false;
  }

  // Where each value is, and the hash of the log up to each.
  bool IndexLog() {
    prefix_hashes_ = {0};
    for (const LoggedValue& logged : log_) {
      if (!offsets_.emplace(logged.value, logged.offset).second) {
        return Contradiction(absl::StrFormat("'%s' is in the log twice", logged.value));
      }
      prefix_hashes_.push_back(ExtendHash(prefix_hashes_.back(), logged.value));
    }
    return true;
  }

  std::optional<RecordOffset> FindOffset(const std::string& value) const {
    const auto it = offsets_.find(value);
    return it == offsets_.end() ? std::nullopt : std::optional(it->second);
  }

  bool CheckAppends() {
    size_t found = 0;
    for (const auto& operation : history_.operations_) {
      if (!operation.value) continue;
      const std::optional<RecordOffset> offset = FindOffset(*operation.value);
      if (offset) ++found;
      if (operation.outcome == Outcome::kRefused && offset) {
        return Contradiction(absl::StrFormat("'%s' was refused and is in the log at offset %d",
                                             *operation.value, offset->value()));
      }
      if (operation.outcome == Outcome::kAcknowledged && offset != operation.offset) {
        return Contradiction(absl::StrFormat(
            "'%s' was acknowledged at offset %d and %s", *operation.value, operation.offset.value(),
            offset ? absl::StrFormat("is at %d", offset->value()) : "is not in the log"));
      }
    }
    if (found == log_.size()) return true;
    return Contradiction("the log holds a value that nobody appended");
  }

  bool CheckReads() {
    for (const auto& operation : history_.operations_) {
      if (operation.outcome != Outcome::kReturned) continue;
      const auto seen = std::partition_point(
          log_.begin(), log_.end(),
          [&](const LoggedValue& logged) { return logged.offset < operation.offset; });
      if (prefix_hashes_[static_cast<size_t>(seen - log_.begin())] != operation.hash) {
        return Contradiction(absl::StrFormat(
            "a read up to offset %d saw other values than the log's", operation.offset.value()));
      }
    }
    return true;
  }

  // The place of an operation in the only possible order; nothing: it took no effect.
  std::optional<int64_t> PlaceOf(Op op) const {
    const auto& operation = history_.operations_[op];
    if (!operation.value) {
      if (operation.outcome != Outcome::kReturned) return std::nullopt;
      return 2 * operation.offset.value();
    }
    const std::optional<RecordOffset> offset = FindOffset(*operation.value);
    return offset ? std::optional(2 * offset->value() + 1) : std::nullopt;
  }

  bool CheckRealTime() {
    // The last place of all that has ended so far, and whose it is.
    int64_t ended = -1;
    Op ended_op = 0;
    for (const auto& moment : history_.moments_) {
      const std::optional<int64_t> place = PlaceOf(moment.op);
      if (!place) continue;
      if (moment.is_end) {
        if (*place > ended) ended_op = moment.op;
        ended = std::max(ended, *place);
      } else if (*place < ended) {
        return Contradiction(absl::StrFormat("%s began after %s had ended", Describe(moment.op),
                                             Describe(ended_op)));
      }
    }
    return true;
  }

  std::string Describe(Op op) const {
    const auto& operation = history_.operations_[op];
    if (!operation.value) {
      return absl::StrFormat("a read that saw the log up to offset %d", operation.offset.value());
    }
    return absl::StrFormat("the append of '%s' at offset %d", *operation.value,
                           FindOffset(*operation.value)->value());
  }

  const ClientHistory& history_;
  const std::vector<LoggedValue>& log_;
  std::map<std::string, RecordOffset> offsets_;
  // Of the first n values.
  std::vector<uint64_t> prefix_hashes_;
  std::optional<std::string> contradiction_;
};

std::optional<std::string> FindContradiction(const ClientHistory& history,
                                             const std::vector<LoggedValue>& log) {
  return LinearizabilityCheck(history, log).Run();
}

}  // namespace quorate::sim
