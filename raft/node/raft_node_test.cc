#include "raft/node/raft_node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/testing/manual_executor.h"
#include "raft/testing/memory_durable_log.h"
#include "raft/testing/memory_network.h"
#include "raft/testing/memory_snapshots.h"

namespace quorate::raft {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ReplicaKey KeyOf(int id) {
  return {.node_id = NodeId(id),
          .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, static_cast<char>('a' + id)))};
}

// Records every call.
class RecordingListener final : public ReplicatedLogListener {
 public:
  void OnSnapshot(const SnapshotMeta& snapshot) override {
    EXPECT_EQ(store->Newest(), snapshot);
    committed = store->Load();
    ++snapshots;
  }
  void OnCommitted(const std::vector<EntryPtr>& entries) override {
    for (const EntryPtr& entry : entries) {
      EXPECT_EQ(entry->index(), LogIndex(static_cast<int64_t>(committed.size()) + 1));
      committed.push_back(entry);
    }
  }
  void OnLeaderChange(Epoch, std::optional<NodeId> now) override { leader = now; }
  void OnClaim(Epoch epoch, RecordOffset end_offset, bool voters_known, const VoterSet&) override {
    EXPECT_FALSE(committed.empty());
    EXPECT_EQ(committed.back()->header().type, EntryType::kBarrier);
    EXPECT_EQ(committed.back()->end_offset(), end_offset);
    claimed = epoch;
    has_voters = voters_known;
  }
  void OnRenounce(Epoch epoch) override {
    EXPECT_EQ(claimed, epoch);
    claimed.reset();
    pauses.push_back("renounce");
  }
  void OnPause(Epoch epoch) override {
    EXPECT_EQ(claimed, epoch);
    pauses.push_back("pause");
    if (confirm_pauses != nullptr) confirm_pauses->ConfirmPause(epoch);
  }
  void OnResume(Epoch) override { pauses.push_back("resume"); }

  std::vector<std::string> Payloads() const {
    std::vector<std::string> payloads;
    for (const EntryPtr& entry : committed) {
      if (entry->header().type == EntryType::kRecords) payloads.emplace_back(entry->payload());
    }
    return payloads;
  }

  const MemorySnapshots* store = nullptr;
  std::vector<EntryPtr> committed;
  int snapshots = 0;
  std::optional<NodeId> leader;
  std::optional<Epoch> claimed;
  bool has_voters = false;
  std::vector<std::string> pauses;
  RaftNode* confirm_pauses = nullptr;
};

class RaftNodeTest : public ::testing::Test {
 protected:
  struct Member {
    Transport* transport = nullptr;
    std::unique_ptr<MemoryDurableLog> log;
    std::unique_ptr<MemorySnapshots> snapshots;
    std::unique_ptr<RecordingListener> listener;
    std::unique_ptr<RaftNode> node;
    absl::Status fatal;
  };

  void MakeCluster(int nodes, RaftOptions options = {}, bool connect = true) {
    options_ = std::move(options);
    for (int id = 1; id <= nodes; ++id) options_.configured_voters.push_back(NodeId(id));
    for (int id = 1; id <= nodes; ++id) {
      Member& member = members_[id];
      member.transport = network_.Add(KeyOf(id), EndpointOf(id), options_.configured_voters);
      member.log = std::make_unique<MemoryDurableLog>(&executor_);
      member.snapshots = std::make_unique<MemorySnapshots>();
      Start(id);
    }
    if (connect) ConnectAll();
  }

  static std::string EndpointOf(int id) { return "controller-" + std::to_string(id) + ":9093"; }

  void Start(int id) {
    Member& member = members_.at(id);
    RaftOptions options = options_;
    options.self = KeyOf(id);
    options.peer_endpoint = EndpointOf(id);
    const RaftPorts ports{.executor = &executor_,
                          .clock = &clock_,
                          .log = member.log.get(),
                          .transport = member.transport,
                          .snapshots = member.snapshots.get()};
    RestoredLog restored = member.log->disk().Restore();
    restored.snapshot = member.snapshots->Newest();
    auto node = RaftNode::Create(options, restored, ports, next_seed_++,
                                 [&member](absl::Status status) { member.fatal = status; });
    ASSERT_TRUE(node.ok()) << node.status();
    member.node = *std::move(node);
    member.listener = std::make_unique<RecordingListener>();
    member.listener->store = member.snapshots.get();
    member.listener->confirm_pauses = member.node.get();
    network_.SetEvents(NodeId(id), member.node.get());
    member.node->Start(member.listener.get());
    executor_.RunReady();
  }

  void ConnectAll() {
    for (const auto& [a, member_a] : members_) {
      for (const auto& [b, member_b] : members_) {
        if (a < b && member_a.node && member_b.node) network_.Connect(NodeId(a), NodeId(b));
      }
    }
    executor_.RunReady();
  }

  // Like kill -9: the others notice it, and what was not durable is lost.
  void Kill(int id) {
    network_.Kill(NodeId(id));
    executor_.RunReady();
    Member& member = members_.at(id);
    member.log->Crash();
    // A dead process receives and sends nothing. Its object stays until no task refers to it.
    graveyard_.push_back(std::move(member.node));
    graveyard_.back()->Stop([] {});
    executor_.RunReady();
    member.listener = nullptr;
  }

  // Lets time pass until a node has claimed leadership. Returns that node, or 0 if there is none.
  int AwaitClaim() {
    for (int i = 0; i < 1000; ++i) {
      executor_.AdvanceBy(std::chrono::milliseconds(10));
      for (const auto& [id, member] : members_) {
        if (member.node && member.listener->claimed) return id;
      }
    }
    return 0;
  }

  void Propose(int id, const std::string& payload) {
    RecordingListener& listener = *members_.at(id).listener;
    members_.at(id).node->Propose({.expected_epoch = listener.claimed.value_or(Epoch(0)),
                                   .expected_base_offset = next_offset_,
                                   .payload = payload});
    next_offset_ += 1;
  }

  QuorumStatus Describe(int id) {
    std::optional<QuorumStatus> status;
    members_.at(id).node->Describe([&](QuorumStatus s) { status = std::move(s); });
    executor_.RunReady();
    return *status;
  }

  // Returns the answer, or nullopt while there is none.
  std::shared_ptr<std::optional<absl::StatusOr<RecordOffset>>> Read(int id, Duration timeout) {
    auto answer = std::make_shared<std::optional<absl::StatusOr<RecordOffset>>>();
    members_.at(id).node->ReadIndex(
        clock_.Now() + timeout,
        [answer](absl::StatusOr<RecordOffset> read) { *answer = std::move(read); });
    executor_.RunReady();
    return answer;
  }

  absl::StatusOr<std::vector<EntryPtr>> ReadCommitted(int id, int64_t from, size_t max_bytes) {
    absl::StatusOr<std::vector<EntryPtr>> answer;
    members_.at(id).node->ReadCommitted(
        RecordOffset(from), max_bytes,
        [&](absl::StatusOr<std::vector<EntryPtr>> read) { answer = std::move(read); });
    executor_.RunReady();
    return answer;
  }

  ManualClock clock_;
  ManualExecutor executor_{&clock_};
  MemoryNetwork network_{&executor_};
  RaftOptions options_;
  std::map<int, Member> members_;
  std::vector<std::unique_ptr<RaftNode>> graveyard_;
  uint64_t next_seed_ = 1;
  RecordOffset next_offset_{1};  // after the first barrier
};

constexpr Duration kLong = std::chrono::seconds(10);

TEST_F(RaftNodeTest, ASingleVoterFoundsClaimsAndCommits) {
  MakeCluster(1);
  ASSERT_EQ(AwaitClaim(), 1);
  EXPECT_FALSE(members_[1].listener->has_voters);
  Propose(1, "a");
  Propose(1, "b");
  executor_.RunReady();
  EXPECT_THAT(members_[1].listener->Payloads(), ElementsAre("a", "b"));
  const auto read = Read(1, kLong);
  ASSERT_TRUE(read->has_value());
  EXPECT_EQ(read->value().value(), RecordOffset(3));
}

TEST_F(RaftNodeTest, ThreeVotersFoundElectAndReplicate) {
  MakeCluster(3);
  const int leader = AwaitClaim();
  ASSERT_NE(leader, 0);
  Propose(leader, "a");
  executor_.RunReady();
  for (const auto& [id, member] : members_) {
    EXPECT_THAT(member.listener->Payloads(), ElementsAre("a")) << id;
    EXPECT_EQ(member.listener->leader, NodeId(leader));
  }
}

TEST_F(RaftNodeTest, ProposalsOfOneTurnShareOneWrite) {
  MakeCluster(1);
  ASSERT_EQ(AwaitClaim(), 1);
  members_[1].log->Hold();
  for (const char* payload : {"a", "b", "c"}) Propose(1, payload);
  executor_.RunReady();
  EXPECT_EQ(members_[1].log->disk().unsynced(), 1u);
  members_[1].log->Release();
  executor_.RunReady();
  EXPECT_THAT(members_[1].listener->Payloads(), ElementsAre("a", "b", "c"));
}

TEST_F(RaftNodeTest, AProposalThatComesAloneIsWrittenAtOnceIfTheLoopIsFree) {
  MakeCluster(1);
  ASSERT_EQ(AwaitClaim(), 1);
  members_[1].log->Hold();
  executor_.set_lends(true);
  Propose(1, "alone");
  EXPECT_EQ(members_[1].log->disk().unsynced(), 1u);
  Propose(1, "a");
  Propose(1, "b");
  EXPECT_EQ(members_[1].log->disk().unsynced(), 1u) << "they wait to share a write";
  members_[1].log->Release();
  executor_.RunReady();
  EXPECT_THAT(members_[1].listener->Payloads(), ElementsAre("alone", "a", "b"));
}

TEST_F(RaftNodeTest, AProposalOfAnotherEpochIsDropped) {
  MakeCluster(1);
  ASSERT_EQ(AwaitClaim(), 1);
  members_[1].node->Propose({.expected_epoch = Epoch(7), .payload = "late"});
  executor_.RunReady();
  EXPECT_THAT(members_[1].listener->Payloads(), IsEmpty());
}

TEST_F(RaftNodeTest, ARestartedNodeDeliversItsLogAgainAndDoesNotLead) {
  MakeCluster(3);
  const int leader = AwaitClaim();
  Propose(leader, "a");
  Propose(leader, "b");
  executor_.RunReady();
  Kill(leader);
  const int successor = AwaitClaim();
  ASSERT_NE(successor, 0);
  ASSERT_NE(successor, leader);
  Start(leader);
  EXPECT_THAT(members_[leader].listener->Payloads(), IsEmpty())
      << "nothing is known to be committed";
  ConnectAll();
  executor_.AdvanceBy(std::chrono::milliseconds(200));
  EXPECT_THAT(members_[leader].listener->Payloads(), ElementsAre("a", "b"));
  EXPECT_GT(members_[leader].log->reads(), 0) << "from disk";
  EXPECT_EQ(members_[leader].listener->leader, NodeId(successor));
}

TEST_F(RaftNodeTest, WhatWasCommittedCanBeReadFromMemoryAndFromDisk) {
  RaftOptions options;
  options.cache_bytes = 200;
  MakeCluster(1, options);
  ASSERT_EQ(AwaitClaim(), 1);
  for (const char* payload : {"a", "b", "c", "d"}) Propose(1, payload);
  executor_.RunReady();

  const int reads = members_[1].log->reads();
  const auto from_disk = ReadCommitted(1, 1, 1);
  ASSERT_TRUE(from_disk.ok()) << from_disk.status();
  ASSERT_EQ(from_disk->size(), 1u);
  EXPECT_EQ((*from_disk)[0]->payload(), "a");
  EXPECT_EQ(members_[1].log->reads(), reads + 1);
  const auto from_memory = ReadCommitted(1, 4, 1'000);
  ASSERT_TRUE(from_memory.ok()) << from_memory.status();
  ASSERT_EQ(from_memory->size(), 1u);
  EXPECT_EQ((*from_memory)[0]->payload(), "d");
  EXPECT_EQ(members_[1].log->reads(), reads + 1);
  EXPECT_EQ(ReadCommitted(1, 5, 1'000).status().code(), absl::StatusCode::kOutOfRange);
}

TEST_F(RaftNodeTest, AFollowersReadSeesWhatWasCommittedBeforeIt) {
  MakeCluster(3);
  const int leader = AwaitClaim();
  const int follower = leader % 3 + 1;
  Propose(leader, "a");
  executor_.RunReady();
  const auto read = Read(follower, kLong);
  ASSERT_TRUE(read->has_value());
  ASSERT_TRUE(read->value().ok()) << read->value().status();
  EXPECT_GE(read->value().value(), RecordOffset(2));
  EXPECT_THAT(members_[follower].listener->Payloads(), ElementsAre("a"));
}

TEST_F(RaftNodeTest, AReadThatNobodyConfirmsEndsAtItsDeadline) {
  MakeCluster(3);
  const int leader = AwaitClaim();
  for (int id = 1; id <= 3; ++id) {
    if (id != leader) network_.Disconnect(NodeId(leader), NodeId(id));
  }
  const auto read = Read(leader, std::chrono::milliseconds(50));
  EXPECT_FALSE(read->has_value());
  executor_.AdvanceBy(std::chrono::milliseconds(60));
  ASSERT_TRUE(read->has_value());
  EXPECT_EQ(read->value().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RaftNodeTest, LeadershipIsHandedOver) {
  MakeCluster(3);
  const int leader = AwaitClaim();
  const int target = leader % 3 + 1;
  std::optional<absl::Status> outcome;
  // Proposed just before the pause, so it is appended, committed and handed over too.
  Propose(leader, "a");
  members_[leader].node->TransferLeadership(
      NodeId(target), [&](absl::Status status) { outcome = std::move(status); });
  executor_.RunReady();
  ASSERT_TRUE(outcome.has_value());
  EXPECT_TRUE(outcome->ok()) << *outcome;
  EXPECT_THAT(members_[leader].listener->pauses, ElementsAre("pause", "renounce"));
  EXPECT_TRUE(members_[target].listener->claimed.has_value());
  EXPECT_THAT(members_[target].listener->Payloads(), ElementsAre("a"));
}

TEST_F(RaftNodeTest, AHandOverThatIsNotConfirmedFailsAndTheLeaderLeadsOn) {
  MakeCluster(3);
  const int leader = AwaitClaim();
  members_[leader].listener->confirm_pauses = nullptr;
  std::optional<absl::Status> outcome;
  members_[leader].node->TransferLeadership(
      std::nullopt, [&](absl::Status status) { outcome = std::move(status); });
  executor_.RunReady();
  EXPECT_EQ(members_[leader].node->admission(), Admission::kFrozen);
  executor_.AdvanceBy(std::chrono::milliseconds(100));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(members_[leader].listener->pauses, ElementsAre("pause", "resume"));
  EXPECT_EQ(members_[leader].node->admission(), Admission::kOpen);
  Propose(leader, "on it goes");
  executor_.RunReady();
  EXPECT_THAT(members_[leader].listener->Payloads(), ElementsAre("on it goes"));
}

TEST_F(RaftNodeTest, AdmissionCountsWhatIsProposedAndNotYetCommitted) {
  RaftOptions options;
  options.max_uncommitted_bytes = 500;
  MakeCluster(1, options);
  ASSERT_EQ(AwaitClaim(), 1);
  RaftNode& node = *members_[1].node;
  EXPECT_EQ(node.admission(), Admission::kOpen);
  members_[1].log->Hold();
  Propose(1, std::string(500, 'x'));
  EXPECT_EQ(node.admission(), Admission::kFull) << "even before the loop has seen it";
  executor_.RunReady();
  EXPECT_EQ(node.admission(), Admission::kFull);
  members_[1].log->Release();
  executor_.RunReady();
  EXPECT_EQ(node.admission(), Admission::kOpen);
  members_[1].log->SetFreeSpace(false);
  EXPECT_EQ(node.admission(), Admission::kDiskFull);
}

TEST_F(RaftNodeTest, AFailedWriteIsFatalAndAcknowledgesNothing) {
  MakeCluster(1);
  ASSERT_EQ(AwaitClaim(), 1);
  members_[1].log->FailWrites(absl::InternalError("I/O error"));
  Propose(1, "a");
  executor_.RunReady();
  EXPECT_EQ(members_[1].fatal.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(members_[1].listener->Payloads(), IsEmpty());
}

TEST_F(RaftNodeTest, StoppingALeaderSaysThatItResigned) {
  MakeCluster(3);
  const int leader = AwaitClaim();
  const auto read = Read(leader, kLong);
  bool stopped = false;
  members_[leader].node->Stop([&] { stopped = true; });
  executor_.RunReady();
  EXPECT_TRUE(stopped);
  EXPECT_FALSE(members_[leader].listener->claimed.has_value());
  EXPECT_THAT(network_.goodbyes(),
              ElementsAre(std::pair(NodeId(leader), GoodbyeReason::kResigned)));
  // A resignation is handled like a death, at once: no election timeout passes.
  executor_.AdvanceBy(std::chrono::milliseconds(50));
  int claimed = 0;
  for (const auto& [id, member] : members_) claimed += member.listener->claimed ? 1 : 0;
  EXPECT_EQ(claimed, 1);
  EXPECT_EQ(Read(leader, kLong)->value().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(RaftNodeTest, DescribeTellsOfEveryVoterOnTheLeader) {
  MakeCluster(3);
  const int leader = AwaitClaim();
  Propose(leader, "a");
  executor_.AdvanceBy(std::chrono::milliseconds(150));
  const QuorumStatus status = Describe(leader);
  EXPECT_EQ(status.leader, NodeId(leader));
  EXPECT_EQ(status.high_watermark, RecordOffset(2));
  EXPECT_EQ(status.ready_offset, RecordOffset(1));
  EXPECT_GT(status.leader_since_ms, 0);
  ASSERT_EQ(status.replicas.size(), 3u);
  for (const ReplicaStatus& replica : status.replicas) {
    EXPECT_EQ(replica.log_end_offset, RecordOffset(2)) << replica.key.node_id;
    EXPECT_TRUE(replica.last_caught_up.has_value());
    EXPECT_EQ(replica.in_session, replica.key != KeyOf(leader));
  }
  const QuorumStatus follower = Describe(leader % 3 + 1);
  EXPECT_EQ(follower.high_watermark, RecordOffset(2));
  EXPECT_TRUE(follower.ready_offset.has_value());
}

TEST_F(RaftNodeTest, TheFoundingSaysWhomItWaitsFor) {
  MakeCluster(3, {}, /*connect=*/false);
  network_.Connect(NodeId(1), NodeId(3));
  EXPECT_EQ(AwaitClaim(), 0);
  EXPECT_EQ(Describe(1).waiting_for, "controller 2");
  ConnectAll();
  EXPECT_NE(AwaitClaim(), 0);
  EXPECT_EQ(Describe(1).waiting_for, "");
}

TEST_F(RaftNodeTest, AnEditedVoterListIsRefused) {
  MakeCluster(1);
  ASSERT_EQ(AwaitClaim(), 1);
  RaftOptions options;
  options.self = KeyOf(1);
  options.configured_voters = {NodeId(1), NodeId(2), NodeId(3)};
  const auto node = RaftNode::Create(options, members_[1].log->disk().Restore(), {}, 1, nullptr);
  EXPECT_EQ(node.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(node.status().message()), HasSubstr("the voters 1,2,3"));
}

// The beginning of the log is dropped. A node that lacks it continues from a snapshot, and so does
// a node that restarts.
TEST_F(RaftNodeTest, SnapshotsReplaceTheLogsBeginning) {
  RaftOptions options;
  options.kept_entries = 0;
  MakeCluster(3, options);
  const int leader = AwaitClaim();
  ASSERT_NE(leader, 0);
  next_offset_ = RecordOffset(1);
  const int behind = leader == 1 ? 2 : 1;
  Kill(behind);
  for (int i = 0; i < 20; ++i) Propose(leader, "payload " + std::to_string(i));
  executor_.AdvanceBy(std::chrono::seconds(2));
  Member& member = members_.at(leader);
  member.node->SnapshotSaved(member.snapshots->Save(member.listener->committed));
  executor_.RunReady();
  ASSERT_GT(member.log->disk().first_index(), LogIndex(10));
  EXPECT_EQ(ReadCommitted(leader, 0, 1000).status().code(), absl::StatusCode::kOutOfRange);

  for (int round = 1; round <= 2; ++round) {
    Start(behind);
    ConnectAll();
    executor_.AdvanceBy(std::chrono::seconds(1));
    EXPECT_EQ(members_.at(behind).listener->Payloads(), member.listener->Payloads());
    EXPECT_EQ(members_.at(behind).listener->snapshots, 1);
    Propose(leader, "after round " + std::to_string(round));
    executor_.AdvanceBy(std::chrono::seconds(1));
    EXPECT_EQ(members_.at(behind).listener->Payloads().back(),
              "after round " + std::to_string(round));
    Kill(behind);
  }
}

}  // namespace
}  // namespace quorate::raft
