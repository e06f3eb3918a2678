#include "tests/sim/strangers.h"

#include <limits>
#include <string>
#include <utility>

#include "raft/api/transport.h"
#include "tests/sim/endpoint.h"

namespace quorate::sim {
namespace {

// No machine has these node ids.
constexpr int kFirstUnknownId = 90;
constexpr Duration kAnswerAfterMax = std::chrono::milliseconds(20);

}  // namespace

class Stranger final : private raft::TransportEvents {
 public:
  Stranger(const Surroundings& surroundings, Rng* rng, Strangers::Learnt* learnt,
           raft::PeerHello hello, bool listens)
      : scheduler_(*surroundings.scheduler),
        swarm_(*surroundings.swarm),
        rng_(*rng),
        learnt_(*learnt),
        key_(hello.key),
        endpoint_(
            surroundings.network, &actor_, std::move(hello), [] {}, listens) {}

  void Start() {
    endpoint_.Start(this);
    ScheduleNext();
  }

 private:
  void ScheduleNext() {
    const Duration pause = RandomBetween(rng_, Duration(1), 2 * swarm_.stranger_pause);
    scheduler_.After(pause, [this] {
      const std::vector<NodeId> everybody = swarm_.Everybody();
      const NodeId to = everybody[rng_.Below(everybody.size())];
      if (to != endpoint_.id()) endpoint_.Send(to, MakeQuestion());
      AnswerUnasked();
      if (OneIn(50)) endpoint_.SayGoodbye(raft::GoodbyeReason::kResigned, AnyEpoch());
      ScheduleNext();
    });
  }

  // raft::TransportEvents
  void OnMessage(raft::ReplicaKey /*from*/, raft::SessionId session,
                 raft::Message message) override {
    if (const auto* heartbeat = std::get_if<raft::Heartbeat>(&message)) {
      learnt_.epoch = std::max(learnt_.epoch, heartbeat->epoch);
    } else if (const auto* append = std::get_if<raft::AppendRequest>(&message)) {
      learnt_.index = std::max(learnt_.index, append->prev_index);
    }
    if (session == 0 || OneIn(3)) return;
    scheduler_.After(RandomBetween(rng_, Duration(1), kAnswerAfterMax),
                     [this, session, question = std::move(message)] {
                       endpoint_.Reply(session, MakeAnswer(question));
                     });
  }
  void OnPeerHello(raft::PeerHello /*hello*/) override {}
  void OnStreamUp(NodeId /*peer*/, raft::StreamClass /*stream*/,
                  raft::ReplicaKey /*key*/) override {}
  void OnStreamDown(NodeId /*peer*/, raft::StreamClass /*stream*/) override {}
  void OnPeerDead(NodeId /*peer*/) override {}
  void OnGoodbye(raft::ReplicaKey /*peer*/, raft::GoodbyeReason /*reason*/,
                 Epoch /*epoch*/) override {}

  // Sends an answer on a stream on which no question need have come. A follower, for example, opens
  // its streams to all peers, but asks only its leader.
  void AnswerUnasked() {
    const std::vector<const Connection*> streams = endpoint_.Inbound();
    if (streams.empty()) return;
    const Connection& stream = *streams[rng_.Below(streams.size())];
    switch (stream.stream) {
      case raft::StreamClass::kControl:
        return endpoint_.Reply(stream.id, MakeAnswer(raft::Heartbeat{}));
      case raft::StreamClass::kAppend:
        return endpoint_.Reply(stream.id, MakeAnswer(raft::AppendRequest{}));
      case raft::StreamClass::kSnapshot:
        return endpoint_.Reply(stream.id, MakeAnswer(raft::InstallSnapshot{}));
    }
  }

  raft::Message MakeQuestion() {
    switch (rng_.Below(6)) {
      case 0:
        return raft::VoteRequest{.epoch = AnyEpoch(),
                                 .candidate = key_,
                                 .last_epoch = AnyEpoch(),
                                 .last_index = AnyIndex(),
                                 .pre_vote = OneIn(2),
                                 .transfer = OneIn(2),
                                 .voters = AnyVoters()};
      case 1:
        return raft::AppendRequest{.epoch = AnyEpoch(),
                                   .sequence = AnyCount(),
                                   .prev_index = AnyIndex(),
                                   .prev_epoch = AnyEpoch(),
                                   .commit_index = AnyIndex(),
                                   .entries = AnyEntries()};
      case 2:
        return raft::ReadIndexRequest{.token = AnyCount(), .epoch = AnyEpoch()};
      case 3:
        return raft::TimeoutNow{.epoch = AnyEpoch()};
      case 4:
        return raft::InstallSnapshot{
            .epoch = AnyEpoch(),
            .sequence = AnyCount(),
            .id = {.end_offset = RecordOffset(AnyIndex().value()), .epoch = AnyEpoch()},
            .last_index = AnyIndex(),
            .position = OneIn(2) ? 0 : AnyCount(),
            .bytes = "nonsense"};
      default:
        return raft::Heartbeat{.epoch = AnyEpoch(),
                               .commit_index = AnyIndex(),
                               .read_sequence = AnyCount(),
                               .voters = AnyVoters()};
    }
  }

  raft::Message MakeAnswer(const raft::Message& question) {
    if (const auto* append = std::get_if<raft::AppendRequest>(&question)) {
      return raft::AppendResponse{.epoch = AnyEpoch(),
                                  .sequence = OneIn(4) ? AnyCount() : append->sequence,
                                  .success = OneIn(2),
                                  .match_index = AnyIndex(),
                                  .hint_index = AnyIndex(),
                                  .hint_epoch = AnyEpoch()};
    }
    if (const auto* chunk = std::get_if<raft::InstallSnapshot>(&question)) {
      return raft::InstallSnapshotResponse{
          .epoch = AnyEpoch(),
          .sequence = chunk->sequence,
          .id = chunk->id,
          .state = static_cast<raft::InstallSnapshotResponse::State>(rng_.Below(3)),
          .position = OneIn(2) ? 0 : AnyCount()};
    }
    switch (rng_.Below(3)) {
      case 0:
        return raft::ReadIndexResponse{.token = static_cast<int64_t>(rng_.Below(20)),
                                       .epoch = AnyEpoch(),
                                       .confirmed = true,
                                       .read_index = AnyIndex()};
      case 1:
        return raft::VoteResponse{.epoch = AnyEpoch(),
                                  .requested_epoch = AnyEpoch(),
                                  .granted = true,
                                  .pre_vote = OneIn(2)};
      default:
        return raft::HeartbeatResponse{
            .epoch = AnyEpoch(), .read_sequence = AnyCount(), .voters = AnyVoters()};
    }
  }

  Epoch AnyEpoch() {
    switch (rng_.Below(6)) {
      case 0:
        return Epoch(std::numeric_limits<int32_t>::max());
      case 1:
        return raft::kMaxEpoch;
      case 2:
        return Epoch(static_cast<int32_t>(rng_.Below(10)));
      default:  // that of now, and those about it
        return learnt_.epoch + static_cast<int32_t>(rng_.Below(4));
    }
  }

  LogIndex AnyIndex() {
    switch (rng_.Below(4)) {
      case 0:
        return LogIndex(int64_t{1} << 53);
      case 1:
        return LogIndex(static_cast<int64_t>(rng_.Below(10)));
      default:
        return learnt_.index + static_cast<int64_t>(rng_.Below(5));
    }
  }

  int64_t AnyCount() {
    return OneIn(4) ? std::numeric_limits<int64_t>::max() : static_cast<int64_t>(rng_.Below(2'000));
  }

  // Returns a voter set with existing node ids and unknown directory ids, or nullopt.
  std::optional<raft::VoterSet> AnyVoters() {
    if (OneIn(2)) return std::nullopt;
    raft::VoterSet voters({{.key = key_}});
    for (const NodeId id : swarm_.Founders()) {
      if (id != key_.node_id) voters = voters.With({.key = {id, Uuid::Random(rng_)}});
    }
    return voters;
  }

  std::vector<raft::EntryPtr> AnyEntries() {
    std::vector<raft::EntryPtr> entries;
    LogIndex index = AnyIndex();
    for (uint64_t left = rng_.Below(3); left > 0; --left) {
      const std::optional<raft::VoterSet> voters = AnyVoters();
      entries.push_back(
          raft::Entry::Make({.type = voters ? raft::EntryType::kVoters : raft::EntryType::kRecords,
                             .epoch = std::max(AnyEpoch(), Epoch(1)),
                             .index = ++index,
                             .base_offset = RecordOffset(static_cast<int64_t>(rng_.Below(100)))},
                            voters ? voters->Encode() : "nonsense"));
    }
    return entries;
  }

  bool OneIn(uint64_t n) { return rng_.Below(n) == 0; }

  Scheduler& scheduler_;
  const Swarm& swarm_;
  Rng& rng_;
  Strangers::Learnt& learnt_;
  const raft::ReplicaKey key_;
  Actor actor_;
  Endpoint endpoint_;
};

Strangers::Strangers(const Surroundings& surroundings) : rng_(surroundings.swarm->stranger_seed) {
  const Swarm& swarm = *surroundings.swarm;
  for (int i = 0; i < swarm.strangers; ++i) {
    const bool under_known_id = rng_.Below(2) == 0;
    const std::vector<NodeId> everybody = swarm.Everybody();
    const NodeId id =
        under_known_id ? everybody[rng_.Below(everybody.size())] : NodeId(kFirstUnknownId + i);
    raft::PeerHello hello{.key = {id, Uuid::Random(rng_)},
                          .configured_voters = everybody,
                          .observer = rng_.Below(2) == 0,
                          .has_log = rng_.Below(2) == 0};
    // Connections to a known node id lead to its machine and not to the stranger.
    strangers_.push_back(std::make_unique<Stranger>(surroundings, &rng_, &learnt_, std::move(hello),
                                                    /*listens=*/!under_known_id));
  }
}

Strangers::~Strangers() = default;

void Strangers::Start() {
  for (const auto& stranger : strangers_) stranger->Start();
}

}  // namespace quorate::sim
