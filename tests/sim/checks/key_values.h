// The model state of a simulated cluster: a map of key-value pairs that a log of changes produces,
// and the answer to each change. The answers of the controllers are compared with this model.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace quorate::sim {

using KeyValues = std::map<std::string, std::string>;

struct Change {
  enum class Kind {
    kSet,     // sets the value; no effect if the key already has it
    kAdd,     // refused if the key exists
    kRemove,  // refused if the key does not exist
  };
  Kind kind = Kind::kSet;
  std::string key;
  std::string value;
};

// The answer to a change. It does not say whether anything changed.
enum class Verdict { kDone, kExists, kAbsent };

// Makes the change and returns kDone, or refuses it without changing anything.
Verdict Apply(const Change& change, KeyValues* state);

// Returns a hash that identifies a state.
uint64_t HashOf(const KeyValues& state);

// "add a1"
std::string ToText(const Change& change);
// "done", "refused: exists", "refused: absent"
std::string ToText(Verdict verdict);

}  // namespace quorate::sim
