#include "controller/testing/fake_quorum.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quorate::controller {

// What one node's controller calls. It asks for nothing but the appending half of the port.
class FakeQuorum::Node final : public raft::ReplicatedLog {
 public:
  Node(FakeQuorum* quorum, NodeId id, raft::ReplicatedLogListener* listener)
      : quorum_(quorum), id_(id), listener_(listener) {}

  raft::ReplicatedLogListener* listener() const { return listener_; }

  void Propose(raft::Proposal proposal) override { quorum_->Propose(id_, std::move(proposal)); }
  raft::Admission admission() const override { return quorum_->admission_; }
  bool is_idle() const override { return quorum_->committed_ == quorum_->entries_.size(); }
  void ConfirmPause(Epoch epoch) override {
    CHECK(epoch == quorum_->epoch_);
    quorum_->pause_confirmed_ = true;
  }

  void ReadIndex(MonoTime /*deadline*/,
                 absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&> /*done*/) override {
    LOG(FATAL) << "a controller does not call this";
  }
  void TransferLeadership(std::optional<NodeId> /*target*/,
                          absl::AnyInvocable<void(absl::Status) &&> /*done*/) override {
    LOG(FATAL) << "a controller does not call this";
  }
  void ReadCommitted(RecordOffset /*from*/, size_t /*max_bytes*/,
                     absl::AnyInvocable<void(absl::StatusOr<std::vector<raft::EntryPtr>>) &&>
                     /*done*/) override {
    LOG(FATAL) << "a controller does not call this";
  }
  void SnapshotSaved(raft::SnapshotMeta /*snapshot*/) override {
    LOG(FATAL) << "a controller does not call this";
  }
  void Describe(absl::AnyInvocable<void(raft::QuorumStatus) &&> done) override {
    std::move(done)({.self = id_,
                     .epoch = quorum_->epoch_,
                     .leader = quorum_->leader_,
                     .replicas = quorum_->replicas_});
  }

 private:
  FakeQuorum* const quorum_;
  const NodeId id_;
  raft::ReplicatedLogListener* const listener_;
};

FakeQuorum::FakeQuorum(const Clock* clock) : clock_(clock) {}
FakeQuorum::~FakeQuorum() = default;

raft::ReplicatedLog* FakeQuorum::AddNode(NodeId id, raft::ReplicatedLogListener* listener) {
  auto& node = nodes_[id];
  CHECK(node == nullptr) << "node " << id << " twice";
  node = std::make_unique<Node>(this, id, listener);
  return node.get();
}

void FakeQuorum::Elect(NodeId id, size_t kept) {
  CHECK(nodes_.contains(id)) << "no node " << id;
  if (leader_) nodes_.at(*leader_)->listener()->OnRenounce(epoch_);
  entries_.resize(std::min(entries_.size(), committed_ + kept));
  ++epoch_;
  leader_ = id;
  TellLeader();
  Append({.type = raft::EntryType::kBarrier, .cause = "barrier"});
  Commit();

  std::vector<raft::Voter> founders;
  for (const auto& [node_id, node] : nodes_) founders.push_back({.key = {.node_id = node_id}});
  raft::VoterSet voters(std::move(founders));
  bool has_voters = false;
  for (const raft::EntryPtr& entry : entries_) {
    if (entry->header().type != raft::EntryType::kVoters) continue;
    has_voters = true;
    voters = raft::VoterSet::Parse(entry->payload()).value();
  }
  nodes_.at(id)->listener()->OnClaim(epoch_, entries_.back()->end_offset(), has_voters, voters);
}

void FakeQuorum::LoseLeader() {
  CHECK(leader_);
  nodes_.at(*std::exchange(leader_, std::nullopt))->listener()->OnRenounce(epoch_);
  TellLeader();
}

void FakeQuorum::TellLeader() {
  for (const auto& [id, node] : nodes_) node->listener()->OnLeaderChange(epoch_, leader_);
}

void FakeQuorum::Propose(NodeId from, raft::Proposal proposal) {
  const RecordOffset end = entries_.empty() ? RecordOffset(0) : entries_.back()->end_offset();
  // Refused, as the port says: OnRenounce has been or will be told.
  if (leader_ != from || proposal.expected_epoch != epoch_) return;
  CHECK_EQ(proposal.expected_base_offset.value(), end.value());
  Append(std::move(proposal));
  if (commit_at_once_) Commit();
}

void FakeQuorum::Append(raft::Proposal proposal) {
  raft::EntryHeader header{.type = proposal.type,
                           .epoch = epoch_,
                           .index = LogIndex(static_cast<int64_t>(entries_.size()) + 1),
                           .record_count = proposal.record_count,
                           .append_time_ms = clock_->WallMs(),
                           .principal = std::move(proposal.principal),
                           .cause = std::move(proposal.cause),
                           .request_id = proposal.request_id};
  if (!entries_.empty()) {
    header.base_offset = entries_.back()->end_offset();
    header.prev_checksum = entries_.back()->checksum();
  }
  CHECK_LE(raft::Entry::EncodedSize(header, proposal.payload.size()), raft::kMaxEntryBytes);
  entries_.push_back(raft::Entry::Make(std::move(header), proposal.payload));
}

void FakeQuorum::Commit(size_t count) {
  const size_t end = committed_ + std::min(count, uncommitted_count());
  const std::vector<raft::EntryPtr> batch(
      entries_.begin() + static_cast<std::ptrdiff_t>(committed_),
      entries_.begin() + static_cast<std::ptrdiff_t>(end));
  committed_ = end;
  if (batch.empty()) return;
  for (const auto& [id, node] : nodes_) node->listener()->OnCommitted(batch);
}

void FakeQuorum::Pause() {
  pause_confirmed_ = false;
  nodes_.at(leader_.value())->listener()->OnPause(epoch_);
}

void FakeQuorum::Resume() { nodes_.at(leader_.value())->listener()->OnResume(epoch_); }

}  // namespace quorate::controller
