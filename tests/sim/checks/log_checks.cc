#include "tests/sim/checks/log_checks.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_format.h"

namespace quorate::sim {
namespace {

// Returns whether every majority of one set has a voter in common with every majority of the other.
// Disjoint majorities would first use the voters that are in only one set, so it counts how many
// shared voters each majority needs. For example, {1,2,3} and {2,3,4} share two voters, and each
// majority needs only one of them, so {1,2} and {3,4} are disjoint majorities.
bool MajoritiesIntersect(const raft::VoterSet& a, const raft::VoterSet& b) {
  const auto shared = static_cast<size_t>(
      std::count_if(a.voters().begin(), a.voters().end(),
                    [&b](const raft::Voter& voter) { return b.Contains(voter.key); }));
  const auto needs = [shared](const raft::VoterSet& set) {
    const size_t own = set.size() - shared;
    return set.Majority() - std::min(set.Majority(), own);
  };
  return needs(a) + needs(b) > shared;
}

}  // namespace

bool LogChecks::OnWrite(const NodeRecord& node, const raft::LogWrite& write) {
  const LogMirror& log = node.disk.written().log;
  LogIndex last = log.last_index();
  if (write.install_snapshot) {
    CheckInstall(node, *write.install_snapshot);
    if (cluster_.broken()) return false;
    last = write.install_snapshot->last_index;
  }
  if (write.truncate_after) {
    CheckTruncation(node, *write.truncate_after);
    last = std::min(last, *write.truncate_after);
  }
  LoggedEntry previous = write.install_snapshot ? cluster_.committed().At(last) : log.At(last);
  for (const raft::EntryPtr& entry : write.entries) {
    if (entry->index() != last + 1) {
      cluster_.Violated(
          3, node.id(),
          absl::StrFormat("writes index %d after %d", entry->index().value(), last.value()));
      return false;
    }
    if (!CheckEntry(node, previous, *entry)) return false;
    previous = {.mark = EntryMark::Of(*entry),
                .end_offset = entry->end_offset(),
                .append_time_ms = entry->header().append_time_ms};
    ++last;
  }
  if (write.drop_prefix && *write.drop_prefix > node.now.commit_index) {
    cluster_.Violated(5, node.id(), "compacts what it has not committed");
  }
  return true;
}

void LogChecks::CheckInstall(const NodeRecord& node, const raft::SnapshotMeta& snapshot) {
  cluster_.CountInstall();
  const std::string which = absl::StrFormat(" (a snapshot up to %d)", snapshot.last_index.value());
  if (node.now.leads()) {
    cluster_.Violated(4, node.id(), "loads a snapshot while it leads" + which);
  }
  if (snapshot.last_index > cluster_.committed_index() ||
      cluster_.CommittedAt(snapshot.last_index) !=
          EntryMark{.epoch = snapshot.id.epoch, .checksum = snapshot.last_checksum}) {
    cluster_.Violated(3, node.id(), "loads a snapshot of what is not committed" + which);
  }
  const LogMirror& log = node.disk.written().log;
  if (snapshot.last_index < log.last_index() &&
      log.At(snapshot.last_index).mark.checksum == snapshot.last_checksum) {
    cluster_.Violated(5, node.id(), "drops what follows a snapshot that its log holds" + which);
  }
  if (snapshot.last_index <= node.before.commit_index) {
    cluster_.Violated(2, node.id(), "loads a snapshot of less than it has committed" + which);
  }
}

void LogChecks::CheckTruncation(const NodeRecord& node, LogIndex index) {
  const LogMirror& log = node.disk.written().log;
  const LogIndex first_dropped = index + 1;
  if (first_dropped > log.last_index()) return;
  const std::string what = absl::StrFormat(" from index %d on", first_dropped.value());
  if (node.before.leads() && node.now.leads()) {
    cluster_.Violated(4, node.id(), "truncates its log while it leads" + what);
  }
  if (first_dropped <= cluster_.CommittedBy(node.epoch()) &&
      log.Holds(first_dropped, cluster_.CommittedAt(first_dropped))) {
    cluster_.Violated(5, node.id(), "truncates what is committed" + what);
  }
  if (first_dropped <= cluster_.AcknowledgedIn(node.epoch(), node.key)) {
    cluster_.Violated(5, node.id(), "truncates what it acknowledged to this leader" + what);
  }
}

bool LogChecks::CheckEntry(const NodeRecord& node, const LoggedEntry& previous,
                           const raft::Entry& entry) {
  const raft::EntryHeader& header = entry.header();
  const std::string which =
      absl::StrFormat(" (entry %d@%d)", entry.index().value(), entry.epoch().value());
  if (header.prev_checksum != previous.mark.checksum || header.base_offset != previous.end_offset) {
    cluster_.Violated(3, node.id(),
                      "writes an entry that does not follow the one before it" + which);
    return false;
  }
  if (entry.epoch() < previous.mark.epoch || entry.epoch() > node.epoch()) {
    cluster_.Violated(3, node.id(), "epochs of a log fall, or pass the node's own" + which);
    return false;
  }
  if (header.append_time_ms < previous.append_time_ms) {
    cluster_.Violated(3, node.id(), "an append time is before the one before it" + which);
  }
  if ((entry.epoch() > previous.mark.epoch) != (header.type == raft::EntryType::kBarrier)) {
    cluster_.Violated(7, node.id(), "an epoch begins with its barrier, and has one only" + which);
  }

  const auto position = static_cast<size_t>(entry.index().value());
  if (known_.size() <= position) known_.resize(position + 1);
  std::vector<EntryMark>& marks = known_[position];
  const auto known = std::find_if(marks.begin(), marks.end(), [&entry](const EntryMark& mark) {
    return mark.epoch == entry.epoch();
  });
  if (known != marks.end()) {
    if (*known != EntryMark::Of(entry)) {
      cluster_.Violated(3, node.id(), "two entries of one index and epoch differ" + which);
    }
  } else if (node.now.leads() && entry.epoch() == node.epoch()) {
    marks.push_back(EntryMark::Of(entry));
    if (header.type == raft::EntryType::kVoters && node.before.commit_index < node.now.barrier) {
      cluster_.Violated(9, node.id(), "changes the voters before its barrier is committed" + which);
    }
  } else {
    cluster_.Violated(3, node.id(), "an entry that no leader wrote" + which);
  }
  return true;
}

void LogChecks::OnStep(const NodeRecord& node) {
  CheckAgainstMirror(node);
  if (node.JustLeads()) {
    const LogIndex committed = cluster_.CommittedBy(node.epoch() - 1);
    if (!node.disk.written().log.Holds(committed, cluster_.CommittedAt(committed))) {
      cluster_.Violated(
          4, node.id(),
          absl::StrFormat("leads epoch %d without all that is committed", node.epoch().value()));
    }
  }
  if (node.now.voters_index != node.before.voters_index) CheckVoterChanges(node);
  CheckCommit(node);
}

void LogChecks::CheckAgainstMirror(const NodeRecord& node) {
  const DiskState& written = node.disk.written();
  const NodeFacts& now = node.now;
  if (now.hard_state != written.hard_state) {
    cluster_.Violated(2, node.id(), "acts on an epoch or a vote that it does not write");
  }
  if (now.last_index != written.log.last_index() || now.last != written.log.last().mark) {
    cluster_.Violated(3, node.id(),
                      absl::StrFormat("its log ends at %d, what it wrote at %d",
                                      now.last_index.value(), written.log.last_index().value()));
  } else if (!node.disk.durable().log.Holds(now.durable_index,
                                            written.log.At(now.durable_index).mark)) {
    cluster_.Violated(
        6, node.id(),
        absl::StrFormat("takes its log for durable up to %d", now.durable_index.value()));
  }
  if (now.voters_index != written.log.voters_index()) {
    cluster_.Violated(
        9, node.id(),
        absl::StrFormat("is governed by the voters of index %d, its log "
                        "says %d",
                        now.voters_index.value(), written.log.voters_index().value()));
  }
}

void LogChecks::CheckVoterChanges(const NodeRecord& node) {
  const DiskState& written = node.disk.written();
  if (*node.now.voters != written.voters()) {
    cluster_.Violated(9, node.id(), "is governed by other voters than its log says");
  }
  const auto& sets = written.log.voter_sets();
  size_t uncommitted = 0;
  const raft::VoterSet* previous = &written.founding_voters;
  for (size_t i = 1; i < sets.size(); previous = &sets[i++].second) {
    if (sets[i].first > cluster_.committed_index()) ++uncommitted;
    if (!previous->empty() && !MajoritiesIntersect(*previous, sets[i].second)) {
      cluster_.Violated(9, node.id(),
                        absl::StrFormat("the voters of index %d could decide without "
                                        "those before them",
                                        sets[i].first.value()));
    }
  }
  if (uncommitted > 1) cluster_.Violated(9, node.id(), "two changes of the voters at once");
}

void LogChecks::CheckCommit(const NodeRecord& node) {
  const LogMirror& log = node.disk.written().log;
  const LogIndex index = node.now.commit_index;
  if (index < node.before.commit_index) cluster_.Violated(2, node.id(), "its commit index fell");
  if (index == node.before.commit_index) return;
  const std::string which = absl::StrFormat(" (index %d)", index.value());
  if (index > log.last_index()) {
    return cluster_.Violated(5, node.id(), "commits beyond its log" + which);
  }
  if (index <= cluster_.committed_index()) {
    if (log.At(index).mark != cluster_.CommittedAt(index)) {
      cluster_.Violated(5, node.id(), "commits another entry than was committed" + which);
    }
    return;
  }
  if (!node.now.leads() && !node.before.leads()) {
    return cluster_.Violated(5, node.id(), "commits what no leader has committed" + which);
  }
  if (log.At(index).mark.epoch != node.epoch()) {
    cluster_.Violated(7, node.id(), "commits an earlier epoch's entry by counting" + which);
  }
  CheckQuorum(node, index);
  const LogIndex before = cluster_.committed_index();
  if (!log.Holds(before, cluster_.CommittedAt(before))) {
    return cluster_.Violated(5, node.id(), "commits over what was committed" + which);
  }
  cluster_.Commit(node.epoch(), log, index);
}

void LogChecks::CheckQuorum(const NodeRecord& node, LogIndex index) {
  const EntryMark& mark = node.disk.written().log.At(index).mark;
  const raft::VoterSet& voters = node.disk.written().voters();
  size_t durable = 0;
  for (const raft::Voter& voter : voters.voters()) {
    const NodeRecord* replica = cluster_.Find(voter.key);
    if (replica != nullptr && replica->disk.durable().log.Holds(index, mark)) ++durable;
  }
  if (durable < voters.Majority()) {
    cluster_.Violated(5, node.id(),
                      absl::StrFormat("commits index %d, which is durable on %d of %d "
                                      "voters",
                                      index.value(), durable, voters.size()));
  }
}

}  // namespace quorate::sim
