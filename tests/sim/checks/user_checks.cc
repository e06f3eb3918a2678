#include "tests/sim/checks/user_checks.h"

#include "absl/strings/str_format.h"

namespace quorate::sim {

void UserChecks::OnEvent(const NodeRecord& node, const raft::Event& event) {
  if (std::holds_alternative<raft::event::Start>(event)) {
    processes_[node.key] = {.delivered = node.now.first_index - 1};
  }
  Process& process = processes_[node.key];
  process.proposed.clear();
  if (const auto* propose = std::get_if<raft::event::Propose>(&event)) {
    for (const raft::Proposal& proposal : propose->proposals) {
      if (!node.now.leads() || proposal.expected_epoch != node.epoch()) continue;
      process.proposed.push_back(proposal.payload);
    }
  }
}

void UserChecks::OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects) {
  Process& process = processes_[node.key];
  for (const raft::Effect& effect : effects) {
    if (const auto* persist = std::get_if<raft::effect::Persist>(&effect)) {
      CheckAppended(node, persist->write);
    } else if (const auto* load = std::get_if<raft::effect::LoadSnapshot>(&effect)) {
      CheckLoaded(node, load->meta);
    } else if (const auto* claim = std::get_if<raft::effect::Claim>(&effect)) {
      CheckClaim(node, *claim);
      process.claimed = claim->epoch;
    } else if (std::holds_alternative<raft::effect::Renounce>(effect)) {
      process.claimed.reset();
    }
  }
  if (process.claimed && !node.now.stopped &&
      (!node.now.leads() || *process.claimed != node.epoch())) {
    cluster_.Violated(
        12, node.id(),
        absl::StrFormat("its users believe that it leads epoch %d", process.claimed->value()));
  }
}

void UserChecks::CheckLoaded(const NodeRecord& node, const raft::SnapshotMeta& snapshot) {
  const LogIndex last = snapshot.last_index;
  LogIndex& delivered = processes_[node.key].delivered;
  if (last < delivered || last > cluster_.committed_index() ||
      cluster_.CommittedAt(last) !=
          EntryMark{.epoch = snapshot.id.epoch, .checksum = snapshot.last_checksum}) {
    cluster_.Violated(8, node.id(),
                      absl::StrFormat("loads a snapshot of another index %d than was committed, or "
                                      "out of turn (at %d)",
                                      last.value(), delivered.value()));
  }
  delivered = last;
}

void UserChecks::CheckAppended(const NodeRecord& node, const raft::LogWrite& write) {
  Process& process = processes_[node.key];
  for (const raft::EntryPtr& entry : write.entries) {
    if (!node.now.leads() || entry->epoch() != node.epoch()) continue;  // of another leader
    if (entry->header().type == raft::EntryType::kBarrier) continue;
    if (process.proposed.empty() || process.proposed.front() != entry->payload()) {
      cluster_.Violated(12, node.id(),
                        absl::StrFormat("appends at index %d what nobody proposed to this epoch",
                                        entry->index().value()));
    } else {
      process.proposed.pop_front();
    }
  }
  if (!process.proposed.empty()) {
    cluster_.Violated(12, node.id(), "loses a proposal of its own epoch");
  }
}

void UserChecks::CheckClaim(const NodeRecord& node, const raft::effect::Claim& claim) {
  if (!node.now.leads() || claim.epoch != node.epoch() || processes_[node.key].claimed) {
    cluster_.Violated(12, node.id(), "claims an epoch that it does not lead, or twice");
  }
  if (claim.barrier > cluster_.committed_index() || claim.barrier != node.now.barrier) {
    cluster_.Violated(12, node.id(), "claims leadership before its barrier is committed");
  }
}

void UserChecks::OnDelivered(const NodeRecord& node, const std::vector<raft::EntryPtr>& entries) {
  LogIndex& delivered = processes_[node.key].delivered;
  for (const raft::EntryPtr& entry : entries) {
    ++delivered;
    if (entry->index() != delivered || delivered > cluster_.committed_index() ||
        EntryMark::Of(*entry) != cluster_.CommittedAt(delivered)) {
      return cluster_.Violated(8, node.id(),
                               absl::StrFormat("delivers another entry %d than was "
                                               "committed, or out of turn (at %d)",
                                               entry->index().value(), delivered.value()));
    }
  }
}

}  // namespace quorate::sim
