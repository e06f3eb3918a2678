#include "raft/node/raft_node.h"

#include <utility>

#include "base/check.h"

namespace quorate::raft {

absl::StatusOr<std::unique_ptr<RaftNode>> RaftNode::Create(RaftOptions options,
                                                           const RestoredLog& restored,
                                                           RaftPorts ports, uint64_t seed,
                                                           FatalCallback on_fatal) {
  RETURN_IF_ERROR(Founding::CheckConfiguration(options, restored));
  RETURN_IF_ERROR(RaftCore::CheckRestored(restored));
  return std::unique_ptr<RaftNode>(
      new RaftNode(std::move(options), restored, ports, seed, std::move(on_fatal)));
}

RaftNode::RaftNode(RaftOptions options, const RestoredLog& restored, RaftPorts ports, uint64_t seed,
                   FatalCallback on_fatal)
    : ports_(ports),
      on_fatal_(std::move(on_fatal)),
      core_(std::move(options), restored, seed),
      delivery_(ports.executor, ports.clock, ports.log, &core_.log(),
                [this](absl::Status status) { Die(std::move(status)); }) {}

RaftNode::~RaftNode() = default;

void RaftNode::Start(ReplicatedLogListener* listener) {
  listener_ = listener;
  delivery_.SetListener(listener);
  effect::Announce announcement = core_.Announcement();
  ports_.transport->Announce(announcement.has_log, std::move(announcement.voter_set));
  ports_.executor->Post([this] { Step(event::Start{}); });
}

void RaftNode::Stop(absl::AnyInvocable<void() &&> done) {
  ports_.executor->Post([this, done = std::move(done)]() mutable {
    Step(event::Shutdown{});
    delivery_.Stop(absl::UnavailableError("this controller is stopping"));
    ArmTimer(kNever);
    std::move(done)();
  });
}

// ReplicatedLog: called from any thread.

void RaftNode::Propose(Proposal proposal) {
  const bool alone = is_idle();
  queued_bytes_ += proposal.payload.size();
  if (alone && ports_.executor->TryRun([&] {
        collected_.push_back(std::move(proposal));
        ProposeCollected();
      })) {
    return;
  }
  ports_.executor->Post([this, proposal = std::move(proposal)]() mutable {
    if (collected_.empty()) ports_.executor->Post([this] { ProposeCollected(); });
    collected_.push_back(std::move(proposal));
  });
}

Admission RaftNode::admission() const {
  if (frozen_) return Admission::kFrozen;
  if (queued_bytes_ + uncommitted_bytes_ >= core_.options().max_uncommitted_bytes) {
    return Admission::kFull;
  }
  return ports_.log->HasFreeSpace() ? Admission::kOpen : Admission::kDiskFull;
}

void RaftNode::ReadIndex(MonoTime deadline,
                         absl::AnyInvocable<void(absl::StatusOr<RecordOffset>) &&> done) {
  ports_.executor->Post([this, deadline, done = std::move(done)]() mutable {
    if (core_.stopped() || dead_) {
      return std::move(done)(absl::UnavailableError("this controller is stopping"));
    }
    const Token token = next_token_++;
    reads_.emplace(token, std::move(done));
    Step(event::StartRead{.token = token, .deadline = deadline});
  });
}

void RaftNode::TransferLeadership(std::optional<NodeId> target,
                                  absl::AnyInvocable<void(absl::Status) &&> done) {
  ports_.executor->Post([this, target, done = std::move(done)]() mutable {
    if (core_.stopped() || dead_) {
      return std::move(done)(absl::FailedPreconditionError("this controller is stopping"));
    }
    const Token token = next_token_++;
    transfers_.emplace(token, std::move(done));
    Step(event::StartTransfer{.token = token, .target = target});
  });
}

void RaftNode::ConfirmPause(Epoch epoch) {
  // Earlier proposals may still be collected, so the confirmation takes the same two turns of the
  // loop.
  ports_.executor->Post([this, epoch] {
    ports_.executor->Post([this, epoch] { Step(event::PauseConfirmed{.epoch = epoch}); });
  });
}

void RaftNode::ReadCommitted(
    RecordOffset from, size_t max_bytes,
    absl::AnyInvocable<void(absl::StatusOr<std::vector<EntryPtr>>) &&> done) {
  ports_.executor->Post([this, from, max_bytes, done = std::move(done)]() mutable {
    if (from >= delivery_.delivered_end()) {
      return std::move(done)(absl::OutOfRangeError("not committed here"));
    }
    std::vector<EntryPtr> entries =
        core_.log().SliceFromOffset(from, delivery_.delivered_index(), max_bytes);
    if (!entries.empty()) return std::move(done)(std::move(entries));
    ports_.log->ReadFromOffset(
        from, delivery_.delivered_index(), max_bytes,
        [executor = ports_.executor,
         done = std::move(done)](absl::StatusOr<std::vector<EntryPtr>> read) mutable {
          executor->Post([read = std::move(read), done = std::move(done)]() mutable {
            std::move(done)(std::move(read));
          });
        });
  });
}

void RaftNode::SnapshotSaved(SnapshotMeta snapshot) {
  ports_.executor->Post([this, snapshot = std::move(snapshot)]() mutable {
    Step(event::SnapshotSaved{std::move(snapshot)});
  });
}

void RaftNode::Describe(absl::AnyInvocable<void(QuorumStatus) &&> done) {
  ports_.executor->Post([this, done = std::move(done)]() mutable {
    QuorumStatus status = core_.Describe(ports_.clock->Now());
    status.high_watermark = delivery_.delivered_end();
    status.leader_since_ms = status.leader ? leader_since_ms_ : 0;
    status.own_log.uncommitted_bytes += queued_bytes_;
    std::move(done)(std::move(status));
  });
}

// TransportEvents: called on the loop.

void RaftNode::OnMessage(ReplicaKey from, SessionId session, Message message) {
  Step(event::Receive{.from = from, .session = session, .message = std::move(message)});
}

void RaftNode::OnPeerHello(PeerHello hello) { Step(event::Hello{std::move(hello)}); }

void RaftNode::OnStreamUp(NodeId peer, StreamClass stream, ReplicaKey key) {
  Step(event::StreamUp{.peer = peer, .stream = stream, .key = key});
}

void RaftNode::OnStreamDown(NodeId peer, StreamClass stream) {
  Step(event::StreamDown{.peer = peer, .stream = stream});
}

void RaftNode::OnPeerDead(NodeId peer) { Step(event::PeerDead{.peer = peer}); }

void RaftNode::OnGoodbye(ReplicaKey peer, GoodbyeReason reason, Epoch epoch) {
  Step(event::PeerGoodbye{.peer = peer, .reason = reason, .epoch = epoch});
}

// The step, on the loop.

void RaftNode::Step(Event event) {
  CHECK(ports_.executor->InLoop());
  if (dead_) return;
  const MonoTime now = ports_.clock->Now();
  meter_.OnEvent(core_, now, event);
  if (ports_.observer) ports_.observer->OnEvent(core_, now, event);
  StepResult result = core_.Step(now, ports_.clock->WallMs(), std::move(event));
  meter_.OnStep(core_, now, result);
  if (ports_.observer) ports_.observer->OnStep(core_, now, result);
  for (Effect& effect : result.effects) {
    std::visit([this](auto& e) { Execute(e); }, effect);
  }
  if (dead_) return;
  uncommitted_bytes_ = core_.log().uncommitted_bytes();
  if (waiting_for_ != core_.waiting_for()) {
    waiting_for_ = core_.waiting_for();
    LOG(INFO) << (waiting_for_.empty() ? "the cluster is founded"
                                       : "the founding of the cluster waits for " + waiting_for_);
  }
  ArmTimer(result.next_deadline);
}

void RaftNode::ProposeCollected() {
  event::Propose propose{.proposals = std::exchange(collected_, {})};
  size_t bytes = 0;
  for (const Proposal& proposal : propose.proposals) bytes += proposal.payload.size();
  Step(std::move(propose));
  queued_bytes_ -= bytes;
}

void RaftNode::ArmTimer(MonoTime deadline) {
  // Deadlines mostly move later with each message. A timer that is too early is left to run and
  // finds nothing due.
  if (timer_ != kNoTimer && timer_at_ <= deadline && deadline != kNever) return;
  if (timer_ != kNoTimer) ports_.executor->CancelTimer(std::exchange(timer_, kNoTimer));
  if (deadline == kNever) return;
  timer_at_ = deadline;
  timer_ = ports_.executor->PostAt(deadline, [this] {
    timer_ = kNoTimer;
    Step(event::Wake{.reading_since = delivery_.reading_since(),
                     .disk_is_full = !ports_.log->HasFreeSpace()});
  });
}

void RaftNode::Die(absl::Status status) {
  if (std::exchange(dead_, true)) return;
  ArmTimer(kNever);
  const absl::Status unavailable = absl::UnavailableError("this controller is stopping");
  delivery_.Stop(unavailable);
  for (auto& [token, done] : std::exchange(reads_, {})) std::move(done)(unavailable);
  for (auto& [token, done] : std::exchange(transfers_, {})) std::move(done)(unavailable);
  on_fatal_(std::move(status));
}

// Effects.

void RaftNode::Execute(effect::Persist& effect) {
  const WriteId id = effect.write.id;
  ports_.log->Write(std::move(effect.write), [this, id](absl::Status status) {
    ports_.executor->RunOrPost([this, id, status = std::move(status)]() mutable {
      // It is not known what a failed write left on the disk, so nothing may follow it.
      if (!status.ok()) return Die(std::move(status));
      Step(event::Persisted{.id = id});
    });
  });
}

void RaftNode::Execute(const effect::ReadEntries& effect) {
  ports_.log->Read(effect.from, effect.to, effect.max_bytes,
                   [this, peer = effect.peer, epoch = effect.epoch,
                    from = effect.from](absl::StatusOr<std::vector<EntryPtr>> entries) {
                     ports_.executor->Post([this, event = event::EntriesRead{
                                                      .peer = peer,
                                                      .epoch = epoch,
                                                      .from = from,
                                                      .entries = std::move(entries)}]() mutable {
                       Step(std::move(event));
                     });
                   });
}

void RaftNode::Execute(const effect::ReadChunk& effect) {
  ports_.snapshots->Read(
      effect.id, effect.position, [this, effect](absl::StatusOr<SnapshotPiece> piece) {
        ports_.executor->Post(
            [this, event = event::ChunkRead{.peer = effect.peer,
                                            .epoch = effect.epoch,
                                            .id = effect.id,
                                            .position = effect.position,
                                            .piece = std::move(piece)}]() mutable {
              Step(std::move(event));
            });
      });
}

void RaftNode::Execute(effect::ReceiveChunk& effect) {
  InstallSnapshot& chunk = effect.chunk;
  ports_.snapshots->Receive(
      chunk.id, chunk.position, std::move(chunk.bytes),
      [this, session = effect.session, sequence = chunk.sequence,
       id = chunk.id](absl::StatusOr<ReceivedSnapshot> received) {
        ports_.executor->Post(
            [this, event = event::ChunkReceived{.session = session,
                                                .sequence = sequence,
                                                .id = id,
                                                .received = std::move(received)}]() mutable {
              Step(std::move(event));
            });
      });
}

void RaftNode::Execute(effect::Send& effect) {
  ports_.transport->Send(effect.to, std::move(effect.message));
}

void RaftNode::Execute(effect::Reply& effect) {
  ports_.transport->Reply(effect.session, std::move(effect.message));
}

void RaftNode::Execute(const effect::SayGoodbye& effect) {
  ports_.transport->SayGoodbye(effect.reason, effect.epoch);
}

void RaftNode::Execute(effect::Announce& effect) {
  ports_.transport->Announce(effect.has_log, std::move(effect.voter_set));
}

void RaftNode::Execute(const effect::Distrust& effect) {
  LOG_EVERY_T(WARNING, 10) << "controller " << effect.who.node_id << " (directory "
                           << effect.who.directory_id.ToString() << ") claims epoch "
                           << effect.epoch << ", and is not believed: this controller is in epoch "
                           << core_.epoch()
                           << " and does not know it as a voter, or the epoch is too "
                           << "far ahead";
}

void RaftNode::Execute(const effect::LoadSnapshot& effect) { delivery_.LoadSnapshot(effect.meta); }

void RaftNode::Execute(const effect::Commit& effect) { delivery_.CommitTo(effect.index); }

void RaftNode::Execute(const effect::LeaderChange& effect) {
  leader_since_ms_ = effect.leader ? ports_.clock->WallMs() : 0;
  if (effect.leader) {
    LOG(INFO) << "epoch " << effect.epoch << ": controller " << *effect.leader << " leads";
  } else {
    LOG(INFO) << "epoch " << effect.epoch << ": no leader is known";
  }
  listener_->OnLeaderChange(effect.epoch, effect.leader);
}

void RaftNode::Execute(effect::Claim& effect) { delivery_.Claim(std::move(effect)); }

void RaftNode::Execute(const effect::Renounce& effect) {
  frozen_ = false;
  delivery_.Renounce(effect.epoch);
}

void RaftNode::Execute(const effect::Pause& effect) {
  // A listener that was not notified of its claim has nothing to pause, and so does not confirm.
  if (!delivery_.is_claimed()) return;
  frozen_ = true;
  listener_->OnPause(effect.epoch);
}

void RaftNode::Execute(const effect::Resume& effect) {
  if (frozen_.exchange(false)) listener_->OnResume(effect.epoch);
}

void RaftNode::Execute(const effect::ReadReady& effect) {
  auto read = reads_.extract(effect.token);
  delivery_.WhenDelivered(effect.index, std::move(read.mapped()));
}

void RaftNode::Execute(const effect::ReadFailed& effect) {
  auto read = reads_.extract(effect.token);
  std::move(read.mapped())(absl::UnavailableError(effect.reason));
}

void RaftNode::Execute(effect::TransferDone& effect) {
  auto transfer = transfers_.extract(effect.token);
  std::move(transfer.mapped())(std::move(effect.status));
}

void RaftNode::Execute(effect::Fatal& effect) { Die(std::move(effect.status)); }

}  // namespace quorate::raft
