#include "tests/sim/user.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "controller/decide/configs/config_decisions.h"
#include "controller/operation.h"
#include "metadata/record_builders.h"
#include "metadata/state_hash.h"
#include "tests/sim/brokers.h"

namespace quorate::sim {
namespace {

using admin::v1::ConfigChange;
using admin::v1::IncrementalAlterConfigsRequest;
using admin::v1::IncrementalAlterConfigsResponse;
using controller::Answer;
using controller::Context;
using controller::Decision;
using controller::ItemResults;
using controller::RequestIdentity;
using controller::View;
using metadata::ConfigResourceType;

// The key-value pairs are stored as configs of this broker, which need not be registered.
constexpr char kBroker[] = "0";
// The same value as ControllerOptions::remembered_limit.
constexpr TokenBucket::Options kRememberedLimit = {.tokens_per_second = 2'000, .capacity = 10'000};

// Returns another seed for each process, because topics must get different ids.
uint64_t SeedOf(const Surroundings& surroundings, NodeId id) {
  const auto now = static_cast<uint64_t>(surroundings.scheduler->now().time_since_epoch().count());
  return now * 100 + static_cast<uint64_t>(id.value());
}

KeyValues StateOf(const metadata::MetadataImage& image) {
  return image.Configs(ConfigResourceType::kBroker, kBroker);
}

// The operation of each kind of change.
constexpr ConfigChange::Operation kOperations[] = {ConfigChange::SET, ConfigChange::APPEND,
                                                   ConfigChange::DELETE};

IncrementalAlterConfigsRequest ToRequest(const Change& change) {
  IncrementalAlterConfigsRequest request;
  auto* resource = request.add_resources();
  resource->mutable_resource()->set_type(admin::v1::ConfigResource::BROKER);
  resource->mutable_resource()->set_name(kBroker);
  ConfigChange* config = resource->add_changes();
  config->set_key(change.key);
  config->set_operation(kOperations[static_cast<int>(change.kind)]);
  config->set_value(change.value);
  return request;
}

// The inverse of ToRequest.
Change ChangeOf(const IncrementalAlterConfigsRequest& request) {
  const ConfigChange& config = request.resources(0).changes(0);
  const auto* operation =
      std::find(std::begin(kOperations), std::end(kOperations), config.operation());
  return {.kind = static_cast<Change::Kind>(operation - std::begin(kOperations)),
          .key = config.key(),
          .value = config.value()};
}

// Returns the code under which the log records the verdict.
common::v1::ErrorCode CodeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kDone:
      break;
    case Verdict::kExists:
      return common::v1::TOPIC_ALREADY_EXISTS;
    case Verdict::kAbsent:
      return common::v1::UNKNOWN_TOPIC_OR_PARTITION;
  }
  return common::v1::ERROR_CODE_UNSPECIFIED;
}

Verdict VerdictOf(const IncrementalAlterConfigsResponse& response) {
  const common::v1::ErrorCode code = response.results(0).error().code();
  if (code == CodeOf(Verdict::kExists)) return Verdict::kExists;
  if (code == CodeOf(Verdict::kAbsent)) return Verdict::kAbsent;
  CHECK(!response.results(0).has_error()) << response.results(0).error().message();
  return Verdict::kDone;
}

Decision<ItemResults> DecideChange(const View& view, const IncrementalAlterConfigsRequest& request,
                                   const Context& /*context*/) {
  const Change change = ChangeOf(request);
  const KeyValues before = StateOf(view.image);
  KeyValues after = before;
  const Verdict verdict = Apply(change, &after);
  Decision<ItemResults> decision{.answer = ItemResults{{.code = CodeOf(verdict)}},
                                 .cause = ToText(change)};
  if (after != before) {
    const bool is_removal = change.kind == Change::Kind::kRemove;
    *decision.records.add_records() =
        metadata::MakeConfigRecord(ConfigResourceType::kBroker, kBroker, change.key,
                                   is_removal ? std::nullopt : std::optional(change.value));
  }
  return decision;
}

constexpr controller::Operation<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>
    kChange = {
        .log_name = "quorate.sim/Change",
        .label = "change",
        .repetition = controller::Repetition::kByRequestId,
        .access = {controller::AccessResource::kConfigResource,
                   controller::AccessAction::kAlterConfigs},
        .decision = {DecideChange, controller::ToResponse, controller::ItemCount,
                     controller::CheckSize, controller::IsLarge},
};

}  // namespace

User::User(const Surroundings& surroundings, Snapshots* snapshots, const raft::ReplicaKey& self,
           Executor* executor, const Clock* clock, const Actor* actor, raft::ReplicatedLog* log)
    : surroundings_(surroundings),
      ledger_(*surroundings.ledger),
      snapshots_(*snapshots),
      self_(self),
      clock_(*clock),
      actor_(*actor),
      log_(log),
      ports_(surroundings.brokers, self.node_id),
      pipeline_(self.node_id, SeedOf(surroundings, self.node_id), controller::RequestLimits(),
                kRememberedLimit, controller::PartitionQuota(0),
                {.executor = executor, .clock = clock, .log = log, .image_observer = this}),
      watch_(self.node_id, Brokers::kSessionOptions,
             {.executor = executor,
              .clock = clock,
              .log = log,
              .prober = &ports_,
              .voter_poll = &ports_},
             &pipeline_),
      balance_({.interval = surroundings.swarm->leader_balance_interval},
               {.executor = executor, .clock = clock, .log = log}, &pipeline_, &watch_),
      broker_requests_(BrokerProcess::kClusterId, executor, clock, &ports_, &pipeline_, &watch_) {}

void User::Submit(const Attempt& attempt, Reply reply) {
  IncrementalAlterConfigsRequest request = ToRequest(attempt.change);
  const std::string principal = Ledger::PrincipalOf(attempt.op);
  std::optional<RequestIdentity> identity;
  if (attempt.id) {
    identity = RequestIdentity{.principal = principal,
                               .id = *attempt.id,
                               .method = std::string(kChange.log_name),
                               .hash = controller::HashRequest(request)};
  }
  const auto decide = [request = std::move(request), identity](const View& view,
                                                               const Context& context) {
    auto decided = controller::DecideRemembered(kChange, kChange.decision.decide, view, request,
                                                identity, context);
    return decided;
  };
  pipeline_.Submit<IncrementalAlterConfigsResponse>(
      {.principal = principal,
       .deadline = clock_.Now() + attempt.timeout,
       .epoch = attempt.id ? Epoch() : attempt.epoch,
       .request_id = attempt.id,
       .is_hint = false},
      decide,
      [this, reply = std::move(reply)](const Answer<IncrementalAlterConfigsResponse>& answer) {
        if (!actor_.alive()) return;
        if (const auto* error = std::get_if<common::v1::Error>(&answer)) return reply(*error);
        const auto& response = std::get<IncrementalAlterConfigsResponse>(answer);
        reply(Answered{.verdict = VerdictOf(response),
                       .end_offset = RecordOffset(response.end_offset())});
      });
}

void User::Register(const broker::v1::RegisterBrokerRequest& request, Duration timeout,
                    controller::Reply<broker::v1::RegisterBrokerResponse> reply) {
  broker_requests_.RecordContact(BrokerId(request.broker_id()));
  broker_requests_.Register(request, {.principal = "broker", .deadline = clock_.Now() + timeout},
                            std::move(reply));
}

void User::Heartbeat(controller::StreamId stream, const broker::v1::HeartbeatRequest& request,
                     controller::Reply<broker::v1::HeartbeatResponse> reply) {
  broker_requests_.Heartbeat(stream, request, std::move(reply));
}

void User::StreamEnded(controller::StreamId stream, controller::StreamEnd end) {
  pipeline_.StreamEnded(stream);
  watch_.StreamEnded(stream, end);
}

void User::AlterPartition(const broker::v1::AlterPartitionRequest& request,
                          const std::string& principal) {
  broker_requests_.AlterPartition(request,
                                  {.principal = principal, .deadline = clock_.Now() + kPatience},
                                  [](const Answer<broker::v1::AlterPartitionResponse>&) {});
}

bool User::PreferredReplicasLead() const {
  return pipeline_.committed_tally().counts().not_led_by_preferred == 0;
}

void User::ChangeVoters(const controller::VoterChange& change, std::function<void()> done) {
  if (!MayChangeVoters()) return;
  log_->Describe([this, change, done = std::move(done)](const raft::QuorumStatus& status) {
    if (actor_.alive() && MayChangeVoters() && status.epoch == pipeline_.claimed_epoch()) {
      DecideVoters(change, status, done);
    }
  });
}

void User::DecideVoters(const controller::VoterChange& change, const raft::QuorumStatus& status,
                        const std::function<void()>& done) {
  const auto decided = controller::DecideVoterChange(change, end_->voters, status,
                                                     pipeline_.newest().metadata_version());
  const auto* next = std::get_if<raft::VoterSet>(&decided);
  if (next == nullptr) return;
  if (*next == end_->voters) return done();
  // The operator knows about damaged disks that the controllers consider sound.
  if (!surroundings_.electorate->CanGovern(*next)) return;
  surroundings_.invariants->OnVotersDecided(self_, clock_.Now(), *next);
  surroundings_.electorate->OnProposed(pipeline_.claimed_epoch(), *next);
  pipeline_.Execute<bool>([&](const View&, const Context&) {
    return Decision<bool>{.answer = true, .voters = *next, .cause = ToText(change)};
  });
}

void User::Read(ClientHistory::Op op, MonoTime deadline) {
  log_->ReadIndex(deadline, [this, op](const absl::StatusOr<RecordOffset>& read) {
    if (!read.ok() || !actor_.alive()) return;
    ledger_.Returned(op, end_offset(), HashOf(StateOf(pipeline_.committed())));
  });
}

void User::OnSnapshot(const raft::SnapshotMeta& snapshot) {
  if (!actor_.alive()) return;
  absl::StatusOr<metadata::MetadataImage> image = snapshots_.Load(snapshot.id);
  const metadata::MetadataImage* right = ledger_.FindImage(snapshot.id.end_offset);
  if (!image.ok() || right == nullptr ||
      metadata::StateHash(*image) != metadata::StateHash(*right)) {
    return surroundings_.fail(absl::StrFormat(
        "controller %d loads a snapshot that is not the state at offset %d: %s",
        self_.node_id.value(), snapshot.id.end_offset.value(), image.status().ToString()));
  }
  end_ = snapshot;
  pipeline_.Load([&image] { return *std::move(image); });
}

void User::OnCommitted(const std::vector<raft::EntryPtr>& entries) {
  if (!actor_.alive()) return;
  surroundings_.invariants->OnDelivered(self_, entries);
  pipeline_.Committed(entries);
  const uint64_t every = surroundings_.swarm->snapshot_every;
  if (every > 0 && surroundings_.rng->Below(every) == 0) SaveSnapshot();
}

void User::OnApplied(const raft::Entry& entry, const metadata::MetadataImage& image) {
  if (ledger_.OnApplied(entry, image) && surroundings_.brokers != nullptr) {
    surroundings_.brokers->OnApplied(entry, image);
  }
  Track(entry);
}

void User::Track(const raft::Entry& entry) {
  LogIndex voters_index = end_ ? end_->voters_index : LogIndex(0);
  raft::VoterSet voters = end_ ? end_->voters : raft::VoterSet();
  if (entry.header().type == raft::EntryType::kVoters) {
    voters_index = entry.index();
    voters = *raft::VoterSet::Parse(entry.payload());
    surroundings_.electorate->OnCommitted(entry.index(), entry.epoch(), voters);
  }
  end_ = raft::SnapshotMeta::After(entry, voters_index, std::move(voters));
}

void User::SaveSnapshot() {
  if (saving_) return;
  saving_ = true;
  snapshots_.Save(*end_, pipeline_.committed(), [this, meta = *end_] {
    saving_ = false;
    log_->SnapshotSaved(meta);
  });
}

void User::OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) {
  if (actor_.alive()) pipeline_.LeaderChanged(epoch, leader);
}

void User::OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
                   const raft::VoterSet& voters) {
  if (!actor_.alive()) return;
  if (surroundings_.brokers != nullptr) surroundings_.brokers->OnClaimed(epoch, self_.node_id);
  pipeline_.Claim(epoch, end_offset, has_voters, voters);
  watch_.TakeOver();
  balance_.TakeOver();
  pipeline_.ReleaseParked();
}

void User::OnRenounce(Epoch epoch) {
  if (!actor_.alive()) return;
  pipeline_.Renounce(epoch);
  if (pipeline_.is_active()) return;
  balance_.Clear();
  watch_.Clear();
}

void User::OnPause(Epoch epoch) {
  if (actor_.alive()) pipeline_.Pause(epoch);
}

void User::OnResume(Epoch epoch) {
  if (!actor_.alive()) return;
  pipeline_.Resume(epoch);
  pipeline_.ReleaseParked();
  watch_.Check();
}

}  // namespace quorate::sim
