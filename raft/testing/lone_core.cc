#include "raft/testing/lone_core.h"

#include <utility>

#include "base/check.h"

namespace quorate::raft {
namespace {

constexpr SessionId kSession = 7;

}  // namespace

LoneCore::LoneCore(int nodes, const std::vector<int32_t>& epochs, RaftOptions options)
    : options_(std::move(options)) {
  options_.self = KeyOf(1);
  std::vector<Voter> voters;
  for (int id = 1; id <= nodes; ++id) {
    options_.configured_voters.push_back(NodeId(id));
    voters.push_back({.key = KeyOf(id)});
  }
  LogWrite write{.id = 1, .founding_voters = VoterSet(std::move(voters))};
  if (!epochs.empty()) write.hard_state = HardState{.epoch = Epoch(epochs.back())};
  disk_.Write(std::move(write));
  disk_.SyncOne();
  LogWrite log{.id = 2, .entries = MakeEntries(1, epochs)};
  disk_.Write(std::move(log));
  disk_.SyncOne();
  Start();
}

ReplicaKey LoneCore::KeyOf(int id) {
  return {.node_id = NodeId(id),
          .directory_id = *Uuid::FromBytes(std::string(Uuid::kBytes, static_cast<char>('a' + id)))};
}

std::vector<EntryPtr> LoneCore::MakeEntries(int64_t first, const std::vector<int32_t>& epochs) {
  std::vector<EntryPtr> entries;
  EntryPtr prev;
  if (first > 1) {
    prev = core_->log().Find(LogIndex(first - 1));
    if (!prev) prev = disk_.Find(LogIndex(first - 1));
  }
  for (const int32_t epoch : epochs) {
    entries.push_back(Entry::Make({.epoch = Epoch(epoch),
                                   .index = LogIndex(first++),
                                   .base_offset = prev ? prev->end_offset() : RecordOffset(0),
                                   .prev_checksum = prev ? prev->checksum() : 0},
                                  "of epoch " + std::to_string(epoch)));
    prev = entries.back();
  }
  return entries;
}

void LoneCore::Start() {
  core_.emplace(options_, disk_.Restore(), /*seed=*/1);
  Step(event::Start{});
  for (const NodeId id : options_.configured_voters) {
    if (id == options_.self.node_id) continue;
    const ReplicaKey key = KeyOf(id.value());
    for (const StreamClass stream : kStreamClasses) {
      Step(event::StreamUp{.peer = id, .stream = stream, .key = key});
    }
  }
}

void LoneCore::Restart() {
  disk_.Crash();
  sent_.clear();
  replies_.clear();
  effects_.clear();
  Start();
}

void LoneCore::Step(Event event) {
  StepResult result = core_->Step(now_, /*wall_ms=*/0, std::move(event));
  deadline_ = result.next_deadline;
  std::vector<effect::ReadEntries> reads;
  for (Effect& effect : result.effects) {
    if (auto* persist = std::get_if<effect::Persist>(&effect)) {
      disk_.Write(std::move(persist->write));
    } else if (auto* send = std::get_if<effect::Send>(&effect)) {
      sent_.push_back({.to = send->to.value(), .message = std::move(send->message)});
    } else if (auto* reply = std::get_if<effect::Reply>(&effect)) {
      replies_.push_back({.to = 0, .message = std::move(reply->message)});
    } else if (const auto* read = std::get_if<effect::ReadEntries>(&effect); read && !hold_reads_) {
      reads.push_back(*read);
    } else {
      effects_.push_back(std::move(effect));
    }
  }
  for (const effect::ReadEntries& read : reads) {
    Step(event::EntriesRead{.peer = read.peer,
                            .epoch = read.epoch,
                            .from = read.from,
                            .entries = disk_.Read(read.from, read.to, read.max_bytes)});
  }
}

void LoneCore::Receive(int from, Message message) { Receive(KeyOf(from), std::move(message)); }

void LoneCore::Receive(const ReplicaKey& from, Message message) {
  const bool is_answer = std::holds_alternative<VoteResponse>(message) ||
                         std::holds_alternative<HeartbeatResponse>(message) ||
                         std::holds_alternative<AppendResponse>(message) ||
                         std::holds_alternative<ReadIndexResponse>(message) ||
                         std::holds_alternative<InstallSnapshotResponse>(message);
  Step(event::Receive{
      .from = from, .session = is_answer ? 0 : kSession, .message = std::move(message)});
}

void LoneCore::Advance(Duration d) {
  const MonoTime end = now_ + d;
  while (deadline_ <= end) MeetDeadline();
  now_ = end;
}

void LoneCore::MeetDeadline(event::Wake wake) {
  CHECK(deadline_ != kNever);
  now_ = std::max(now_, deadline_);
  Step(wake);
}

void LoneCore::Sync() {
  while (disk_.unsynced() > 0) Step(event::Persisted{disk_.SyncOne()});
}

void LoneCore::BecomeLeader() {
  while (!std::holds_alternative<Prospective>(core_->role())) MeetDeadline();
  for (const bool pre_vote : {true, false}) {
    const Epoch requested = pre_vote ? core_->epoch() + 1 : core_->epoch();
    const Epoch epoch = core_->epoch();
    for (const NodeId id : options_.configured_voters) {
      if (id == options_.self.node_id) continue;
      Receive(
          id.value(),
          VoteResponse{
              .epoch = epoch, .requested_epoch = requested, .granted = true, .pre_vote = pre_vote});
    }
  }
  Sync();
  CHECK(std::holds_alternative<Leader>(core_->role()));
  Sync();
}

void LoneCore::BecomeClaimedLeader() {
  BecomeLeader();
  for (const NodeId id : options_.configured_voters) {
    if (id != options_.self.node_id) Acknowledge(id.value());
  }
  CHECK(std::get<Leader>(core_->role()).claimed);
  for (const NodeId id : options_.configured_voters) {
    if (id != options_.self.node_id) Acknowledge(id.value());  // the request with the commit index
  }
}

void LoneCore::Propose(const std::string& payload) {
  Step(event::Propose{{Proposal{.expected_epoch = core_->epoch(),
                                .expected_base_offset = core_->log().end_offset(),
                                .payload = payload}}});
}

void LoneCore::Acknowledge(int peer) {
  for (const AppendRequest& request : TakeSent<AppendRequest>(peer)) {
    const LogIndex match = request.prev_index + static_cast<int64_t>(request.entries.size());
    Receive(peer, AppendResponse{.epoch = request.epoch,
                                 .sequence = request.sequence,
                                 .success = true,
                                 .match_index = match});
  }
}

void LoneCore::Reject(int peer) {
  const AppendRequest request = TakeSent<AppendRequest>(peer).back();
  Receive(peer, AppendResponse{.epoch = request.epoch, .sequence = request.sequence});
}

}  // namespace quorate::raft
