#include "raft/testing/cluster_checker.h"

#include "absl/strings/str_format.h"
#include "base/overloaded.h"

namespace quorate::raft {

ClusterChecker::ClusterChecker(TestCluster* cluster) : cluster_(cluster) {
  cluster_->SetObserver([this](NodeId id, const Effect& effect) { OnEffect(id, effect); });
}

void ClusterChecker::OnEffect(NodeId id, const Effect& effect) {
  std::visit(Overloaded{[&](const effect::Persist& e) { OnPersist(id, e.write); },
                        [&](const effect::Reply& e) { OnReply(id, e); },
                        [&](const effect::LeaderChange& e) {
                          if (e.leader == id) OnLeader(id, e.epoch);
                        },
                        [&](const effect::Commit& e) { OnCommit(id, e.index); },
                        [&](const effect::ReadReady& e) {
                          // Linearizability of reads (Raft §8).
                          if (e.index < reads_.at(e.token)) Violated(id, "a stale read");
                        },
                        [&](const effect::Fatal& e) { Violated(id, e.status.ToString()); },
                        [](const auto&) {}},
             effect);
}

void ClusterChecker::OnPersist(NodeId id, const LogWrite& write) {
  for (const EntryPtr& entry : write.entries) {
    const auto [it, is_new] =
        checksums_.emplace(std::pair(entry->index(), entry->epoch()), entry->checksum());
    if (!is_new && it->second != entry->checksum()) {
      Violated(id, absl::StrFormat("log matching at index %d", entry->index().value()));
    }
  }
}

void ClusterChecker::OnReply(NodeId id, const effect::Reply& reply) {
  const TestCluster::Node& node = cluster_->At(id);
  const Message& message = reply.message;
  // Nothing: the stream broke, and nobody will hear it.
  const std::optional<NodeId> asker = cluster_->AskerOf(reply.session);
  if (const auto* append = std::get_if<AppendResponse>(&message); append && append->success) {
    const EntryPtr entry = node.disk.Find(append->match_index);
    const Epoch on_disk = entry ? entry->epoch() : Epoch(0);
    if (node.core->log().EpochAt(append->match_index) != on_disk) {
      Violated(id, "acknowledged what is not on its disk: " + ToString(message));
    }
    const RaftCore* leader = asker ? cluster_->At(*asker).core.get() : nullptr;
    if (leader != nullptr && leader->epoch() == append->epoch &&
        leader->log().EpochAt(append->match_index) != on_disk) {
      Violated(id, "acknowledged what the leader does not have: " + ToString(message));
    }
  }
  if (const auto* vote = std::get_if<VoteResponse>(&message);
      vote && vote->granted && !vote->pre_vote) {
    const HardState& durable = node.disk.hard_state();
    if (durable.epoch != vote->requested_epoch || !durable.vote ||
        (asker && durable.vote->node_id != *asker)) {
      Violated(id, "granted a vote that is not on its disk: " + ToString(message));
    }
  }
}

void ClusterChecker::OnLeader(NodeId id, Epoch epoch) {
  const auto [it, is_first] = leaders_.emplace(epoch, id);
  if (!is_first && it->second != id) {
    Violated(id, absl::StrFormat("election safety: epoch %d was led by %d", epoch.value(),
                                 it->second.value()));
  }
  const HardState& durable = cluster_->At(id).disk.hard_state();
  if (durable.epoch != epoch) Violated(id, "leads an epoch that is not on its disk");
  for (const EntryPtr& entry : committed_) {
    if (cluster_->At(id).core->log().EpochAt(entry->index()) != entry->epoch()) {
      return Violated(id, absl::StrFormat("leader completeness at index %d of epoch %d",
                                          entry->index().value(), epoch.value()));
    }
  }
}

void ClusterChecker::OnCommit(NodeId id, LogIndex index) {
  const auto delivered = static_cast<int64_t>(cluster_->At(id).delivered.size());
  for (LogIndex i = LogIndex(delivered + 1); i <= index; ++i) {
    const EntryPtr entry = EntryOf(id, i);
    if (i <= committed_index()) {
      if (!entry || entry->checksum() != committed_[i.value() - 1]->checksum()) {
        return Violated(id, absl::StrFormat("state machine safety at index %d", i.value()));
      }
      continue;
    }
    size_t durable = 0;
    for (const NodeId other : cluster_->Ids()) {
      const EntryPtr copy = cluster_->At(other).disk.Find(i);
      if (copy && copy->checksum() == entry->checksum()) ++durable;
    }
    if (durable < cluster_->Voters().Majority()) {
      return Violated(id, absl::StrFormat("index %d is committed on %d disks", i.value(), durable));
    }
    committed_.push_back(entry);
  }
}

EntryPtr ClusterChecker::EntryOf(NodeId id, LogIndex index) const {
  const TestCluster::Node& node = cluster_->At(id);
  const EntryPtr entry = node.core->log().Find(index);
  return entry ? entry : node.disk.Find(index);
}

void ClusterChecker::Violated(NodeId id, const std::string& what) {
  violations_.push_back(absl::StrFormat("controller %d: %s", id.value(), what));
}

}  // namespace quorate::raft
