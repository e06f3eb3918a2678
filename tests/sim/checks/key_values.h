// What the clients of a simulated cluster ask about: a map that a log of changes makes, and what
// each change is answered. The model that the answers of the controllers are compared with.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace quorate::sim {

using KeyValues = std::map<std::string, std::string>;

struct Change {
  enum class Kind {
    kSet,     // the key has the value; nothing changes if it has it already
    kAdd,     // refused if the key exists
    kRemove,  // refused if it does not
  };
  Kind kind = Kind::kSet;
  std::string key;
  std::string value;
};

// What a change is answered. The answer does not tell whether anything changed.
enum class Verdict { kDone, kExists, kAbsent };

// Makes the change, or refuses it and changes nothing.
Verdict Apply(const Change& change, KeyValues* state);

// Names a state.
uint64_t HashOf(const KeyValues& state);

// "add a1"
std::string ToText(const Change& change);
// "done", "refused: exists", "refused: absent"
std::string ToText(Verdict verdict);

}  // namespace quorate::sim
