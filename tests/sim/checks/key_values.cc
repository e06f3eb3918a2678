#include "tests/sim/checks/key_values.h"

#include <xxhash.h>

#include "absl/strings/str_cat.h"

namespace quorate::sim {
namespace {

// Long values are truncated in texts, because they carry no information.
constexpr size_t kShownBytes = 12;

}  // namespace

Verdict Apply(const Change& change, KeyValues* state) {
  switch (change.kind) {
    case Change::Kind::kSet:
      (*state)[change.key] = change.value;
      return Verdict::kDone;
    case Change::Kind::kAdd:
      return state->emplace(change.key, change.value).second ? Verdict::kDone : Verdict::kExists;
    case Change::Kind::kRemove:
      return state->erase(change.key) > 0 ? Verdict::kDone : Verdict::kAbsent;
  }
  return Verdict::kDone;
}

uint64_t HashOf(const KeyValues& state) {
  uint64_t hash = 0;
  for (const auto& [key, value] : state) {
    hash = XXH3_64bits_withSeed(key.data(), key.size(), hash);
    hash = XXH3_64bits_withSeed(value.data(), value.size(), hash);
  }
  return hash;
}

std::string ToText(const Change& change) {
  switch (change.kind) {
    case Change::Kind::kSet:
      return absl::StrCat("set ", change.key, "=", change.value.substr(0, kShownBytes));
    case Change::Kind::kAdd:
      return absl::StrCat("add ", change.key);
    case Change::Kind::kRemove:
      return absl::StrCat("remove ", change.key);
  }
  return "";
}

std::string ToText(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDone:
      return "done";
    case Verdict::kExists:
      return "refused: exists";
    case Verdict::kAbsent:
      return "refused: absent";
  }
  return "";
}

}  // namespace quorate::sim
