#include "controller/testing/fake_quorum.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace quorate::controller {

// The port that one node's controller uses.
class FakeQuorum::Node final : public raft::ReplicatedLog {
 public:
  using ReadDone = absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&>;

  Node(FakeQuorum* quorum, NodeId id) : quorum_(quorum), id_(id) {}

  void Start(raft::ReplicatedLogListener* listener) { listener_ = listener; }

  void Tell(std::function<void(raft::ReplicatedLogListener*)> what) {
    if (listener_ == nullptr) return;
    if (isolated_) {
      missed_.push_back(std::move(what));
    } else {
      what(listener_);
    }
  }
  void Isolate() {
    status_ = Status();
    isolated_ = true;
  }
  void Heal() {
    isolated_ = false;
    for (const auto& what : std::exchange(missed_, {})) what(listener_);
    // The node no longer led when it asked.
    EndReads(absl::UnavailableError("leadership was lost"));
  }

  bool isolated() const { return isolated_; }
  size_t waiting_read_count() const { return reads_.size(); }
  void EndReads(const absl::StatusOr<RecordOffset>& result) {
    for (ReadDone& done : std::exchange(reads_, {})) std::move(done)(result);
  }

  void Propose(raft::Proposal proposal) override { quorum_->Propose(id_, std::move(proposal)); }
  raft::Admission admission() const override { return quorum_->admission_; }
  bool is_idle() const override { return quorum_->committed_ == quorum_->entries_.size(); }
  void ConfirmPause(Epoch epoch) override {
    CHECK(epoch == quorum_->epoch_);
    quorum_->pause_confirmed_ = true;
  }

  void ReadIndex(MonoTime /*deadline*/, ReadDone done) override {
    reads_.push_back(std::move(done));
    if (!isolated_ && !quorum_->reads_held_) EndReads(quorum_->high_watermark());
  }
  void TransferLeadership(std::optional<NodeId> target,
                          absl::AnyInvocable<void(absl::Status) &&> done) override {
    CHECK(target && quorum_->leader_ == id_);
    if (quorum_->refuse_transfers_ || quorum_->refused_target_ == target) {
      std::move(done)(absl::DeadlineExceededError("the test says so"));
      return;
    }
    quorum_->Elect(*target);
    std::move(done)(absl::OkStatus());
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
    std::move(done)(isolated_ ? status_ : Status());
  }

 private:
  raft::QuorumStatus Status() const {
    return {.self = id_,
            .epoch = quorum_->epoch_,
            .leader = quorum_->leader_,
            .replicas = quorum_->replicas_};
  }

  FakeQuorum* const quorum_;
  const NodeId id_;
  raft::ReplicatedLogListener* listener_ = nullptr;
  bool isolated_ = false;
  // The status when the node was isolated.
  raft::QuorumStatus status_;
  std::vector<std::function<void(raft::ReplicatedLogListener*)>> missed_;
  std::vector<ReadDone> reads_;
};

FakeQuorum::FakeQuorum(const Clock* clock) : clock_(clock) {}
FakeQuorum::~FakeQuorum() = default;

raft::ReplicatedLog* FakeQuorum::AddNode(NodeId id) {
  auto& node = nodes_[id];
  CHECK(node == nullptr) << "node " << id << " twice";
  node = std::make_unique<Node>(this, id);
  return node.get();
}

void FakeQuorum::StartNode(NodeId id, raft::ReplicatedLogListener* listener) {
  CHECK(entries_.empty());
  nodes_.at(id)->Start(listener);
}

void FakeQuorum::Elect(NodeId id, size_t kept) {
  CHECK(nodes_.contains(id)) << "no node " << id;
  if (leader_) Renounce(*leader_);
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
  Tell(id, [epoch = epoch_, end_offset = high_watermark(), has_voters, voters](auto* listener) {
    listener->OnClaim(epoch, end_offset, has_voters, voters);
  });
}

void FakeQuorum::LoseLeader() {
  CHECK(leader_);
  Renounce(*std::exchange(leader_, std::nullopt));
  TellLeader();
}

void FakeQuorum::Renounce(NodeId id) {
  Tell(id, [epoch = epoch_](auto* listener) { listener->OnRenounce(epoch); });
  if (!nodes_.at(id)->isolated()) {
    nodes_.at(id)->EndReads(absl::UnavailableError("leadership was lost"));
  }
}

void FakeQuorum::TellLeader() {
  for (const auto& [id, node] : nodes_) {
    Tell(id, [epoch = epoch_, leader = leader_](auto* listener) {
      listener->OnLeaderChange(epoch, leader);
    });
  }
}

void FakeQuorum::Tell(NodeId id, std::function<void(raft::ReplicatedLogListener*)> what) {
  nodes_.at(id)->Tell(std::move(what));
}

void FakeQuorum::Isolate(NodeId id) { nodes_.at(id)->Isolate(); }

void FakeQuorum::Heal(NodeId id) {
  CHECK(leader_ != id) << "it would be the leader of a log without what it proposed";
  nodes_.at(id)->Heal();
}

void FakeQuorum::ConfirmReads() {
  reads_held_ = false;
  for (const auto& [id, node] : nodes_) {
    if (!node->isolated()) node->EndReads(high_watermark());
  }
}

size_t FakeQuorum::waiting_read_count() const {
  size_t count = 0;
  for (const auto& [id, node] : nodes_) count += node->waiting_read_count();
  return count;
}

RecordOffset FakeQuorum::high_watermark() const {
  return committed_ == 0 ? RecordOffset(0) : entries_[committed_ - 1]->end_offset();
}

void FakeQuorum::Propose(NodeId from, raft::Proposal proposal) {
  const RecordOffset end = entries_.empty() ? RecordOffset(0) : entries_.back()->end_offset();
  // Refused as the port specifies: OnRenounce has been or will be called.
  const bool isolated = nodes_.at(from)->isolated();
  if (isolated || leader_ != from || proposal.expected_epoch != epoch_) return;
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
  for (const auto& [id, node] : nodes_) {
    Tell(id, [batch](auto* listener) { listener->OnCommitted(batch); });
  }
}

void FakeQuorum::Pause() {
  pause_confirmed_ = false;
  Tell(leader_.value(), [epoch = epoch_](auto* listener) { listener->OnPause(epoch); });
}

void FakeQuorum::Resume() {
  Tell(leader_.value(), [epoch = epoch_](auto* listener) { listener->OnResume(epoch); });
}

}  // namespace quorate::controller
