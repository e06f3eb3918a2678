#include "tests/sim/checks/read_checks.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace quorate::sim {

void ReadChecks::OnEvent(const NodeRecord& node, const raft::Event& event) {
  Process& process = processes_[node.key];
  if (std::holds_alternative<raft::event::Start>(event)) process = {};
  const OpenRead read = {.committed = cluster_.committed_index(),
                         .sent = process.sent,
                         .begun = node.now.read_sequence};
  if (const auto* start = std::get_if<raft::event::StartRead>(&event)) {
    process.reads[{0, start->token}] = read;
  } else if (const auto* receive = std::get_if<raft::event::Receive>(&event)) {
    if (const auto* ask = std::get_if<raft::ReadIndexRequest>(&receive->message)) {
      const auto [it, is_new] = process.reads.try_emplace({receive->session, ask->token}, read);
      if (is_new) return;
      ++it->second.answers_due;
      it->second.begun = read.begun;
    } else if (const auto* answer = std::get_if<raft::ReadIndexResponse>(&receive->message)) {
      for (auto& [id, open] : process.reads) {
        if (!cluster_.Knows(receive->from)) break;
        if (id.first == 0 && answer->confirmed) open.confirmed_elsewhere = true;
      }
    } else if (const auto* beat = std::get_if<raft::HeartbeatResponse>(&receive->message)) {
      const std::optional<raft::ReplicaKey> peer =
          node.AnswererOn(receive->from.node_id, raft::StreamClass::kControl);
      if (peer != receive->from || beat->epoch != node.epoch()) return;
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
    // A node ignores requests before its voter set is durable, and has answered all later ones.
    std::erase_if(process.reads, [](const auto& read) { return read.first.first != 0; });
    for (auto& [id, read] : process.reads) read.sent = read.begun = 0;
  }
  // A leader forgets what an observer answered before it lost contact.
  std::erase_if(process.answered, [&node](const auto& answered) {
    return std::none_of(node.now.peers.begin(), node.now.peers.end(),
                        [&answered](const PeerFacts& peer) { return peer.key == answered.first; });
  });
  for (const raft::Effect& effect : effects) {
    if (const auto* send = std::get_if<raft::effect::Send>(&effect)) {
      const auto* beat = std::get_if<raft::Heartbeat>(&send->message);
      if (beat) process.sent = std::max(process.sent, beat->read_sequence);
    } else if (const auto* ready = std::get_if<raft::effect::ReadReady>(&effect)) {
      CheckAnswer(node, {0, ready->token}, ready->index);
    } else if (const auto* failed = std::get_if<raft::effect::ReadFailed>(&effect)) {
      Close(process, {0, failed->token});
    } else if (const auto* reply = std::get_if<raft::effect::Reply>(&effect)) {
      const auto* answer = std::get_if<raft::ReadIndexResponse>(&reply->message);
      if (!answer) continue;
      const ReadId id = {reply->session, answer->token};
      answer->confirmed ? CheckAnswer(node, id, answer->read_index) : Close(process, id);
    }
  }
  CheckNoneIsKept(node);
}

void ReadChecks::Close(Process& process, ReadId id) {
  const auto it = process.reads.find(id);
  if (it != process.reads.end() && --it->second.answers_due == 0) process.reads.erase(it);
}

void ReadChecks::CheckAnswer(const NodeRecord& node, ReadId id, LogIndex index) {
  Process& process = processes_[node.key];
  const auto it = process.reads.find(id);
  if (it == process.reads.end()) {
    return cluster_.Violated(11, node.id(), "answers a read twice, or one that nobody asked");
  }
  const OpenRead read = it->second;
  Close(process, id);
  if (index < read.committed) {
    cluster_.Violated(11, node.id(),
                      absl::StrFormat("a read at index %d began when %d was committed",
                                      index.value(), read.committed.value()));
  }
  if (index > node.now.commit_index) {
    cluster_.Violated(11, node.id(),
                      absl::StrFormat("a read at index %d, which is not committed", index.value()));
  }
  if (node.now.leads() && !read.confirmed_elsewhere && !IsConfirmed(node, read.sent)) {
    cluster_.Violated(11, node.id(), "a read that no round sent after it has confirmed");
  }
}

void ReadChecks::CheckNoneIsKept(const NodeRecord& node) {
  // Until its barrier is committed, a leader begins no round.
  if (!node.now.leads() || node.now.commit_index < node.now.barrier) return;
  for (const auto& [id, read] : processes_[node.key].reads) {
    if (read.confirmed_elsewhere || !IsConfirmed(node, read.begun)) continue;
    return cluster_.Violated(11, node.id(), "keeps a read that a majority has confirmed");
  }
}

bool ReadChecks::IsConfirmed(const NodeRecord& node, int64_t round) {
  const Process& process = processes_[node.key];
  const raft::VoterSet& voters = node.disk.written().voters();
  size_t confirmed = 0;
  for (const raft::Voter& voter : voters.voters()) {
    const auto answered = process.answered.find(voter.key);
    const bool late = answered != process.answered.end() && answered->second > round;
    if (voter.key == node.key || late) ++confirmed;
  }
  return confirmed >= voters.Majority();
}

}  // namespace quorate::sim
