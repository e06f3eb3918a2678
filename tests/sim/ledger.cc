#include "tests/sim/ledger.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace quorate::sim {
namespace {

constexpr char kPrefix[] = "op ";

}  // namespace

std::string Ledger::PrincipalOf(Op change) { return absl::StrCat(kPrefix, change); }

bool Ledger::OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) {
  if (!images_.empty() && entry.end_offset() <= images_.rbegin()->first) return false;
  images_.emplace_hint(images_.end(), entry.end_offset(), image);
  Op op = 0;
  absl::string_view principal = entry.header().principal;
  if (absl::ConsumePrefix(&principal, kPrefix) && absl::SimpleAtoi(principal, &op)) {
    log_.push_back({.offset = entry.header().base_offset, .op = op});
  }
  return true;
}

const metadata::MetadataImage* Ledger::FindImage(RecordOffset end_offset) const {
  const auto it = images_.find(end_offset);
  return it == images_.end() ? nullptr : &it->second;
}

}  // namespace quorate::sim
