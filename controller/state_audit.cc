#include "controller/state_audit.h"

#include <utility>

#include "absl/strings/str_format.h"

namespace quorate::controller {
namespace {

// Reports are requested for the place before the latest. The other places are for reports that
// arrive late.
constexpr size_t kKeptPlaces = 8;

}  // namespace

bool IsAuditPlace(std::optional<int64_t> before_ms, const raft::EntryHeader& entry,
                  Duration interval) {
  const int64_t begin = entry.base_offset.value();
  const int64_t end = begin + entry.record_count;
  if (begin / kRecordsBetweenAudits != end / kRecordsBetweenAudits) return true;
  const int64_t interval_ms = ToMs(interval);
  return before_ms && entry.append_time_ms / interval_ms != *before_ms / interval_ms;
}

void StateTally::Add(const StateReport& report) {
  reports_[report.end_offset].insert_or_assign(report.node, report);
  if (reports_.size() > kKeptPlaces) reports_.erase(reports_.begin());
}

std::vector<StateReport> StateTally::At(RecordOffset end_offset) const {
  std::vector<StateReport> found;
  const auto place = reports_.find(end_offset);
  if (place == reports_.end()) return found;
  for (const auto& [node, report] : place->second) found.push_back(report);
  return found;
}

StateVerdict JudgeState(const StateReport& own, const std::vector<StateReport>& reports,
                        const raft::VoterSet& voters) {
  std::map<uint64_t, std::vector<NodeId>> holders;
  holders[own.hash].push_back(own.node);
  for (const StateReport& report : reports) {
    const bool comparable =
        report.end_offset == own.end_offset && report.metadata_version == own.metadata_version;
    if (comparable && report.node != own.node) holders[report.hash].push_back(report.node);
  }
  if (holders.size() == 1) return {};

  StateVerdict verdict{.kind = StateVerdict::Kind::kUndecided};
  for (const auto& [hash, nodes] : holders) {
    if (!verdict.text.empty()) verdict.text += ", ";
    absl::StrAppendFormat(&verdict.text, "state %016x on controller", hash);
    size_t votes = 0;
    for (const NodeId node : nodes) {
      const bool is_voter = voters.FindByNodeId(node) != nullptr;
      absl::StrAppendFormat(&verdict.text, " %d%s", node.value(), is_voter ? "" : " (observer)");
      if (is_voter) ++votes;
    }
    if (votes < voters.Majority()) continue;
    verdict.kind =
        hash == own.hash ? StateVerdict::Kind::kOthersFail : StateVerdict::Kind::kThisFails;
  }
  return verdict;
}

}  // namespace quorate::controller
