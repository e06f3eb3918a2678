// The driver. It runs the pure core (raft_core.h) on an executor, executes the core's effects in
// order on disk, network and listener, and sets one timer for its deadline. It decides nothing
// about the protocol. server/ uses it in this order:
//
//   RaftNode::Create -> Start(listener) -> open and accept peer streams -> … -> Stop -> stop loop
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/executor.h"
#include "raft/api/durable_log.h"
#include "raft/api/replicated_log.h"
#include "raft/api/snapshot_store.h"
#include "raft/api/transport.h"
#include "raft/core/raft_core.h"
#include "raft/core/raft_options.h"
#include "raft/node/commit_delivery.h"
#include "raft/node/raft_meter.h"
#include "raft/node/step_observer.h"

namespace quorate::raft {

// What the node runs on. The caller owns all of it; it outlives the node.
struct RaftPorts {
  Executor* executor = nullptr;  // the raft loop; TransportEvents are called on it
  const Clock* clock = nullptr;
  DurableLog* log = nullptr;
  Transport* transport = nullptr;
  SnapshotStore* snapshots = nullptr;
  StepObserver* observer = nullptr;  // null if there is none
};

// Runs one node of the quorum. The calls of ReplicatedLog are thread-safe; those of TransportEvents
// come on the raft loop.
class RaftNode final : public ReplicatedLog, public TransportEvents {
 public:
  // Called if the node cannot go on: a write failed, its disk lost data, or the cluster does not
  // know it. The message names the remedy. Called once, on the raft loop. The process should end.
  using FatalCallback = absl::AnyInvocable<void(absl::Status)>;

  // `restored` is what `ports.log` held when it was opened, with the newest snapshot of
  // `ports.snapshots`. `seed` feeds all randomness.
  // Returns FAILED_PRECONDITION if the configured voters are neither the founding ones, nor the
  // log's latest, nor a list that an earlier start accepted; the message says how to change voters.
  // Returns INVALID_ARGUMENT if they do not include this node. Returns DATA_LOSS if the log begins
  // after a snapshot that is missing, or has no voter set.
  static absl::StatusOr<std::unique_ptr<RaftNode>> Create(RaftOptions options,
                                                          const RestoredLog& restored,
                                                          RaftPorts ports, uint64_t seed,
                                                          FatalCallback on_fatal);
  // REQUIRES: the executor runs no more tasks.
  ~RaftNode() override;

  // Announces the log and the voter set to the transport, then begins on the loop. `listener`
  // outlives the node. Call it once, before any stream to a peer is opened or accepted.
  void Start(ReplicatedLogListener* listener);

  // Leaves the quorum in good order. A leader renounces and says Goodbye{resigned}; any other node
  // says Goodbye{stopping}. Pending reads and transfers are answered UNAVAILABLE. Leadership is not
  // handed over; a caller that wants this does it first. `done` runs on the loop; afterwards every
  // input is ignored.
  void Stop(absl::AnyInvocable<void() &&> done);

  // Any thread may read them.
  const RaftMetrics& metrics() const { return meter_.metrics(); }

  // ReplicatedLog
  void Propose(Proposal proposal) override;
  Admission admission() const override;
  bool is_idle() const override { return queued_bytes_ + uncommitted_bytes_ == 0; }
  void ReadIndex(MonoTime deadline,
                 absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&> done) override;
  void TransferLeadership(std::optional<NodeId> target,
                          absl::AnyInvocable<void(absl::Status) &&> done) override;
  void ConfirmPause(Epoch epoch) override;
  void ReadCommitted(
      RecordOffset from, size_t max_bytes,
      absl::AnyInvocable<void(absl::StatusOr<std::vector<EntryPtr>>) &&> done) override;
  void SnapshotSaved(SnapshotMeta snapshot) override;
  void Describe(absl::AnyInvocable<void(QuorumStatus) &&> done) override;

  // TransportEvents
  void OnMessage(ReplicaKey from, SessionId session, Message message) override;
  void OnPeerHello(PeerHello hello) override;
  void OnStreamUp(NodeId peer, StreamClass stream, ReplicaKey key) override;
  void OnStreamDown(NodeId peer, StreamClass stream) override;
  void OnPeerDead(NodeId peer) override;
  void OnGoodbye(ReplicaKey peer, GoodbyeReason reason, Epoch epoch) override;

 private:
  RaftNode(RaftOptions options, const RestoredLog& restored, RaftPorts ports, uint64_t seed,
           FatalCallback on_fatal);

  void Step(Event event);
  void Execute(effect::Persist& effect);
  void Execute(const effect::ReadEntries& effect);
  void Execute(const effect::ReadChunk& effect);
  void Execute(effect::ReceiveChunk& effect);
  void Execute(effect::Send& effect);
  void Execute(effect::Reply& effect);
  void Execute(const effect::SayGoodbye& effect);
  void Execute(effect::Announce& effect);
  void Execute(const effect::Distrust& effect);
  void Execute(const effect::LoadSnapshot& effect);
  void Execute(const effect::Commit& effect);
  void Execute(const effect::LeaderChange& effect);
  void Execute(effect::Claim& effect);
  void Execute(const effect::Renounce& effect);
  void Execute(const effect::Pause& effect);
  void Execute(const effect::Resume& effect);
  void Execute(const effect::ReadReady& effect);
  void Execute(const effect::ReadFailed& effect);
  void Execute(effect::TransferDone& effect);
  void Execute(effect::Fatal& effect);

  void ProposeCollected();
  void ArmTimer(MonoTime deadline);
  void Die(absl::Status status);

  const RaftPorts ports_;
  FatalCallback on_fatal_;
  ReplicatedLogListener* listener_ = nullptr;
  RaftCore core_;
  CommitDelivery delivery_;
  RaftMeter meter_;
  bool dead_ = false;

  TimerId timer_ = kNoTimer;
  MonoTime timer_at_ = kNever;

  // Proposals that arrive in one turn of the loop form one step, so that they share a write and the
  // messages to the peers.
  std::vector<Proposal> collected_;

  Token next_token_ = 1;
  std::map<Token, CommitDelivery::ReadCallback> reads_;
  std::map<Token, absl::AnyInvocable<void(absl::Status) &&>> transfers_;

  int64_t leader_since_ms_ = 0;
  std::string waiting_for_;

  // For admission(), which other threads call: payload bytes on their way to the core, and the
  // core's uncommitted bytes.
  std::atomic<size_t> queued_bytes_{0};
  std::atomic<size_t> uncommitted_bytes_{0};
  std::atomic<bool> frozen_{false};
};

}  // namespace quorate::raft
