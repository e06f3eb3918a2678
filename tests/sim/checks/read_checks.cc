#include "tests/sim/checks/read_checks.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace quorate::sim {

void ReadChecks::OnEvent(const NodeRecord& node, const raft::Event& event) {
  Process& process = processes_[node.key];
  if (std::holds_alternative<raft::event::Start>(event)) process = {};
  const OpenRead read = {.committed = cluster_.committed_index(), .sent = process.sent};
  if (const auto* start = std::get_if<raft::event::StartRead>(&event)) {
    process.reads[{0, start->token}] = read;
  } else if (const auto* receive = std::get_if<raft::event::Receive>(&event)) {
    if (const auto* ask = std::get_if<raft::ReadIndexRequest>(&receive->message)) {
      const auto [it, is_new] = process.reads.try_emplace({receive->session, ask->token}, read);
      if (!is_new) ++it->second.answers_due;
    } else if (const auto* answer = std::get_if<raft::ReadIndexResponse>(&receive->message)) {
      for (auto& [id, open] : process.reads) {
        if (!cluster_.Knows(receive->from)) break;
        if (id.first == 0 && answer->confirmed) open.confirmed_elsewhere = true;
      }
    } else if (const auto* beat = std::get_if<raft::HeartbeatResponse>(&receive->message)) {
      const std::optional<raft::ReplicaKey> peer =
          node.AnswererOn(receive->from.node_id, raft::StreamClass::kControl);
      if (!peer || beat->epoch != node.epoch()) return;
      int64_t& answered = process.answered[*peer];
      answered = std::max(answered, beat->read_sequence);
    }
  }
}

void ReadChecks::OnStep(const NodeRecord& node, const std::vector<raft::Effect>& effects) {
  Process& process = processes_[node.key];
  if (node.JustLeads()) {
    process.sent = 0;
    process.answered.clear();
    for (auto& [id, read] : process.reads) read.sent = 0;
  }
  for (const raft::Effect& effect : effects) {
    if (const auto* send = std::get_if<raft::effect::Send>(&effect)) {
      const auto* beat = std::get_if<raft::Heartbeat>(&send->message);
      if (beat) process.sent = std::max(process.sent, beat->read_sequence);
    } else if (const auto* ready = std::get_if<raft::effect::ReadReady>(&effect)) {
      CheckAnswer(node, {0, ready->token}, ready->index);
    } else if (const auto* reply = std::get_if<raft::effect::Reply>(&effect)) {
      const auto* answer = std::get_if<raft::ReadIndexResponse>(&reply->message);
      if (answer && answer->confirmed) {
        CheckAnswer(node, {reply->session, answer->token}, answer->read_index);
      }
    }
  }
}

void ReadChecks::CheckAnswer(const NodeRecord& node, ReadId id, LogIndex index) {
  Process& process = processes_[node.key];
  const auto it = process.reads.find(id);
  if (it == process.reads.end()) {
    return cluster_.Violated(11, node.id(), "answers a read twice, or one that nobody asked");
  }
  const OpenRead read = it->second;
  if (--it->second.answers_due == 0) process.reads.erase(it);
  if (index < read.committed) {
    cluster_.Violated(11, node.id(),
                      absl::StrFormat("a read at index %d began when %d was committed",
                                      index.value(), read.committed.value()));
  }
  if (index > node.now.commit_index) {
    cluster_.Violated(11, node.id(),
                      absl::StrFormat("a read at index %d, which is not committed", index.value()));
  }
  if (node.now.leads() && !read.confirmed_elsewhere && !IsConfirmed(node, read)) {
    cluster_.Violated(11, node.id(), "a read that no round sent after it has confirmed");
  }
}

bool ReadChecks::IsConfirmed(const NodeRecord& node, const OpenRead& read) {
  const Process& process = processes_[node.key];
  const raft::VoterSet& voters = node.disk.written().voters();
  size_t confirmed = 0;
  for (const raft::Voter& voter : voters.voters()) {
    const auto answered = process.answered.find(voter.key);
    const bool late = answered != process.answered.end() && answered->second > read.sent;
    if (voter.key == node.key || late) ++confirmed;
  }
  return confirmed >= voters.Majority();
}

}  // namespace quorate::sim
