#include "tests/sim/checks/limit_checks.h"

#include <algorithm>

#include "absl/strings/str_format.h"

namespace quorate::sim {

void LimitChecks::OnEvent(const NodeRecord& node, MonoTime now, const raft::Event& event) {
  Process& process = processes_[node.key];
  if (std::holds_alternative<raft::event::Start>(event)) {
    process = {.first_counted = node.disk.written().log.last_index() + 1};
  }
  const auto* wake = std::get_if<raft::event::Wake>(&event);
  process.woken = wake != nullptr;
  if (wake != nullptr && wake->reading_since != process.reading_since) {
    if (process.reading_since) process.disk_silent_since = now;
    process.reading_since = wake->reading_since;
  }
  if (const auto* persisted = std::get_if<raft::event::Persisted>(&event)) {
    process.last_finished = persisted->id;
    process.disk_silent_since = now;
  }
  if (std::holds_alternative<raft::event::EntriesRead>(event) ||
      std::holds_alternative<raft::event::ChunkRead>(event)) {
    --process.peer_reads;
    process.disk_silent_since = now;
  }
  process.heard.reset();
  if (const auto* receive = std::get_if<raft::event::Receive>(&event)) {
    const bool sign_of_life = std::holds_alternative<raft::HeartbeatResponse>(receive->message);
    const auto from = node.AnswererOn(receive->from.node_id, raft::StreamOf(receive->message));
    if (from == receive->from) process.heard = {*from, !sign_of_life};
  }
  CheckPace(node, now);
}

std::optional<MonoTime> LimitChecks::Process::ReadSilentSince() const {
  if (!reading_since) return std::nullopt;
  return std::max(*reading_since, disk_silent_since);
}

void LimitChecks::Process::DiskOwesMore(MonoTime now) {
  if (!IsOwed()) disk_silent_since = ReadSilentSince().value_or(now);
}

void LimitChecks::OnWrite(const NodeRecord& node, MonoTime now, const raft::LogWrite& write) {
  Process& process = processes_[node.key];
  process.DiskOwesMore(now);
  process.last_issued = write.id;
  LogIndex& first = process.first_counted;
  if (write.install_snapshot) first = write.install_snapshot->last_index + 1;
  if (write.truncate_after) first = std::min(first, *write.truncate_after + 1);
}

void LimitChecks::OnPeerRead(const NodeRecord& node, MonoTime now) {
  Process& process = processes_[node.key];
  process.DiskOwesMore(now);
  ++process.peer_reads;
}

void LimitChecks::OnStep(const NodeRecord& node, MonoTime now) {
  if (!node.now.stopped && node.now.deadline == kNever) {
    cluster_.Violated(13, node.id(), "waits for nothing");
  }
  CheckUncommittedBytes(node);
  if (!node.now.leads()) return;
  CheckWindows(node);
  CheckQuorum(node, now);
}

void LimitChecks::OnResumed(const NodeRecord& node, MonoTime now, Duration paused) {
  // A shorter pause cannot be distinguished from a late timer.
  if (paused <= 2 * node.options.election_timeout_max) return;
  processes_[node.key].disk_silent_since = now;
}

bool LimitChecks::DiskHangs(const NodeRecord& node, MonoTime now) const {
  const Process& process = processes_.at(node.key);
  const MonoTime since =
      process.IsOwed() ? process.disk_silent_since : process.ReadSilentSince().value_or(kNever);
  return since <= now - node.options.disk_exit_timeout;
}

void LimitChecks::CheckPace(const NodeRecord& node, MonoTime now) {
  Process& process = processes_[node.key];
  const int64_t second = ToMs(now.time_since_epoch()) / 1000;
  process.steps = second == process.second ? process.steps + 1 : 1;
  process.second = second;
  if (process.steps == kMaxStepsPerSecond) {
    cluster_.Violated(13, node.id(),
                      absl::StrFormat("takes %d steps in a second", kMaxStepsPerSecond));
  }
}

void LimitChecks::CheckWindows(const NodeRecord& node) {
  const raft::RaftOptions& options = node.options;
  // A window with free space admits one message of any size.
  const size_t most_bytes =
      options.max_inflight_bytes + std::max(options.max_append_bytes, raft::kMaxEntryBytes);
  for (const PeerFacts& peer : node.now.peers) {
    if (peer.match_index >= peer.next_index || peer.match_index > node.now.last_index) {
      cluster_.Violated(10, node.id(),
                        absl::StrFormat("expects %d of %d, which has %d", peer.next_index.value(),
                                        peer.id().value(), peer.match_index.value()));
    }
    // A stranger that poses as an observer has no disk to compare with, and does not count.
    const bool is_real = cluster_.Knows(peer.key);
    if (is_real && peer.match_index > cluster_.AcknowledgedIn(node.epoch(), peer.key)) {
      cluster_.Violated(10, node.id(),
                        absl::StrFormat("takes %d to have %d, which it has not "
                                        "acknowledged in this epoch",
                                        peer.id().value(), peer.match_index.value()));
    }
    if (peer.inflight_bytes != peer.recounted_bytes) {
      cluster_.Violated(10, node.id(),
                        absl::StrFormat("counts %d bytes in flight, not %d", peer.inflight_bytes,
                                        peer.recounted_bytes));
    }
    if (peer.inflight_messages > options.max_inflight_messages ||
        peer.inflight_bytes > most_bytes) {
      cluster_.Violated(10, node.id(),
                        absl::StrFormat("has %d messages of %d bytes in flight",
                                        peer.inflight_messages, peer.inflight_bytes));
    }
  }
  if (!node.before.leads() || node.before.peers.size() != node.now.peers.size()) return;
  for (size_t i = 0; i < node.now.peers.size(); ++i) {
    const PeerFacts& before = node.before.peers[i];
    if (before.key == node.now.peers[i].key && node.now.peers[i].match_index < before.match_index) {
      cluster_.Violated(10, node.id(), "forgets what a peer acknowledged");
    }
  }
}

void LimitChecks::CheckUncommittedBytes(const NodeRecord& node) {
  const LogMirror& log = node.disk.written().log;
  const LogIndex before = std::max(node.now.commit_index, processes_[node.key].first_counted - 1);
  const size_t expected = log.last().bytes_so_far - log.At(before).bytes_so_far;
  if (node.now.uncommitted_bytes != expected) {
    cluster_.Violated(10, node.id(),
                      absl::StrFormat("counts %d uncommitted bytes, not %d",
                                      node.now.uncommitted_bytes, expected));
  }
}

// A leader resigns if, for one timeout, no majority has shown that it works or its own disk has
// completed nothing. It checks this with each heartbeat.
void LimitChecks::CheckQuorum(const NodeRecord& node, MonoTime now) {
  Process& process = processes_[node.key];
  if (node.JustLeads()) {
    process.worked_at.clear();
    process.looks_from = now;
  }
  // A replica that becomes a voter again gets a full timeout.
  std::erase_if(process.worked_at, [&node](const auto& worked) {
    return std::none_of(node.now.peers.begin(), node.now.peers.end(),
                        [&worked](const PeerFacts& peer) { return peer.key == worked.first; });
  });
  for (const PeerFacts& peer : node.now.peers) {
    MonoTime& worked_at = process.worked_at.try_emplace(peer.key, now).first->second;
    if (!process.heard || process.heard->first != peer.key) continue;
    // While entries are outstanding, a message without progress does not show that the peer works.
    const bool outstanding = peer.match_index < node.now.last_index;
    if (process.heard->second || !outstanding) worked_at = now;
  }
  if (node.now.voters_index != node.before.voters_index) process.looks_from = now;
  // The leader has not checked yet since it began to lead, or since the voters changed.
  const bool is_new = process.looks_from > now - node.options.heartbeat_interval;
  if (!process.woken || is_new) return;
  const MonoTime oldest = now - node.options.check_quorum_timeout - node.options.heartbeat_interval;
  const raft::VoterSet& voters = node.disk.written().voters();
  size_t working = 0;
  for (const raft::Voter& voter : voters.voters()) {
    const auto it = process.worked_at.find(voter.key);
    if (voter.key == node.key || (it != process.worked_at.end() && it->second >= oldest)) ++working;
  }
  if (working < voters.Majority()) {
    cluster_.Violated(13, node.id(), "leads on though no majority has worked for a timeout");
  }
  if (const auto pending = node.disk.OldestPending(); pending && *pending < oldest) {
    cluster_.Violated(13, node.id(), "leads on though its disk has finished nothing for a timeout");
  }
}

}  // namespace quorate::sim
