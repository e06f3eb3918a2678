#include "controller/quorum_controller.h"

#include <utility>

#include "base/check.h"
#include "controller/cluster_description.h"
#include "controller/decide/partitions/assign_replicas.h"
#include "controller/decide/partitions/partition_decisions.h"

namespace quorate::controller {

using common::v1::Error;

namespace {

SessionOptions ToSessionOptions(const ControllerOptions& options) {
  return {.timeout = options.broker_session_timeout,
          .grace = options.broker_connection_grace,
          .mass_loss_hold = options.broker_mass_loss_hold,
          .idle_timeout = options.idle_broker_timeout};
}

}  // namespace

QuorumController::QuorumController(ControllerOptions options, const ControllerPorts& ports)
    : options_(std::move(options)),
      executor_(ports.executor),
      clock_(ports.clock),
      snapshots_(ports.snapshots),
      inbox_(ports.executor, ports.log),
      pipeline_(options_.node_id, options_.seed, options_.request_limits, options_.remembered_limit,
                PartitionQuota(options_.partition_mutations_per_second), ports,
                [this] { AfterLargeWork(); }),
      watch_(options_.node_id, ToSessionOptions(options_), ports, &pipeline_),
      balance_(options_.leader_balance, ports, &pipeline_, &watch_),
      broker_requests_(options_.cluster_id, ports.executor, ports.clock, ports.prober, &pipeline_,
                       &watch_),
      feature_updates_(ports.executor, ports.log, &pipeline_, &watch_.sessions()),
      voter_changes_(ports.executor, ports.clock, ports.log, &pipeline_) {}

void QuorumController::UpdateFeatures(admin::v1::UpdateFeaturesRequest request,
                                      RequestContext context,
                                      Reply<admin::v1::UpdateFeaturesResponse> reply) {
  if (auto error = CheckSize(request, options_.request_limits)) {
    return std::move(reply)(*std::move(error));
  }
  inbox_.Run(std::move(reply), [this, request = std::move(request), context = std::move(context)](
                                   Reply<admin::v1::UpdateFeaturesResponse> r) mutable {
    feature_updates_.Request(std::move(request), std::move(context), std::move(r));
  });
}

void QuorumController::RegisterBroker(broker::v1::RegisterBrokerRequest request,
                                      RequestContext context,
                                      Reply<broker::v1::RegisterBrokerResponse> reply) {
  inbox_.Run(std::move(reply), [this, request = std::move(request), context = std::move(context)](
                                   Reply<broker::v1::RegisterBrokerResponse> r) mutable {
    broker_requests_.Register(std::move(request), std::move(context), std::move(r));
  });
}

void QuorumController::AlterPartition(broker::v1::AlterPartitionRequest request,
                                      RequestContext context,
                                      Reply<broker::v1::AlterPartitionResponse> reply) {
  if (auto error = CheckSize(request, options_.request_limits)) {
    return std::move(reply)(*std::move(error));
  }
  inbox_.Run(std::move(reply), [this, request = std::move(request), context = std::move(context)](
                                   Reply<broker::v1::AlterPartitionResponse> r) mutable {
    broker_requests_.AlterPartition(std::move(request), std::move(context), std::move(r));
  });
}

void QuorumController::AllocateProducerIds(broker::v1::AllocateProducerIdsRequest request,
                                           RequestContext context,
                                           Reply<broker::v1::AllocateProducerIdsResponse> reply) {
  inbox_.Run(std::move(reply), [this, request = std::move(request), context = std::move(context)](
                                   Reply<broker::v1::AllocateProducerIdsResponse> r) mutable {
    broker_requests_.AllocateProducerIds(std::move(request), std::move(context), std::move(r));
  });
}

void QuorumController::AssignReplicasToDirs(broker::v1::AssignReplicasToDirsRequest request,
                                            RequestContext context,
                                            Reply<broker::v1::AssignReplicasToDirsResponse> reply) {
  if (auto error = CheckSize(request, options_.request_limits)) {
    return std::move(reply)(*std::move(error));
  }
  inbox_.Run(std::move(reply), [this, request = std::move(request), context = std::move(context)](
                                   Reply<broker::v1::AssignReplicasToDirsResponse> r) mutable {
    broker_requests_.AssignReplicasToDirs(std::move(request), std::move(context), std::move(r));
  });
}

void QuorumController::ChangeVoters(VoterChange change, bool validate_only, RequestContext context,
                                    Reply<VoterChangeResult> reply) {
  inbox_.Run(std::move(reply), [this, change, validate_only,
                                context = std::move(context)](Reply<VoterChangeResult> r) mutable {
    voter_changes_.Request(change, validate_only, std::move(context), std::move(r));
  });
}

void QuorumController::ReportRoles(broker::v1::ReportRolesRequest request, RequestContext context,
                                   Reply<broker::v1::ReportRolesResponse> reply) {
  inbox_.Run(std::move(reply), [this, request = std::move(request), context = std::move(context)](
                                   Reply<broker::v1::ReportRolesResponse> r) mutable {
    broker_requests_.ReportRoles(std::move(request), std::move(context), std::move(r));
  });
}

void QuorumController::Heartbeat(StreamId stream, broker::v1::HeartbeatRequest request,
                                 Reply<broker::v1::HeartbeatResponse> reply) {
  executor_->Post([this, stream, request = std::move(request), reply = std::move(reply)]() mutable {
    broker_requests_.Heartbeat(stream, std::move(request), std::move(reply));
  });
}

void QuorumController::HeartbeatStreamEnded(StreamId stream, StreamEnd end) {
  executor_->Post([this, stream, end] {
    pipeline_.StreamEnded(stream);
    watch_.StreamEnded(stream, end);
  });
}

void QuorumController::RecordContact(BrokerId broker) {
  // If the inbox is full, only one sign of life is lost.
  static_cast<void>(executor_->TryPost([this, broker] { broker_requests_.RecordContact(broker); }));
}

void QuorumController::ListHeardBrokers(Duration within, Reply<std::vector<BrokerId>> reply) {
  inbox_.Post(std::move(reply), [this, within](Reply<std::vector<BrokerId>> r) {
    std::move(r)(broker_requests_.HeardWithin(within));
  });
}

void QuorumController::ReadImage(RecordOffset min_end_offset, MonoTime deadline,
                                 Reply<metadata::MetadataImage> reply) {
  // Never run on the caller's thread, because threads of low priority call this too.
  inbox_.Post(std::move(reply), [this, min_end_offset, deadline](Reply<metadata::MetadataImage> r) {
    pipeline_.WhenCommitted(min_end_offset, deadline,
                            [this, r = std::move(r)](std::optional<Error> error) mutable {
                              if (error) return std::move(r)(*std::move(error));
                              std::move(r)(pipeline_.committed());
                            });
  });
}

void QuorumController::ReadStatus(Reply<ClusterStatus> reply) {
  inbox_.Run(std::move(reply), [this](Reply<ClusterStatus> r) {
    ClusterStatus status{.image = pipeline_.committed(),
                         .partitions = pipeline_.committed_tally().counts()};
    if (pipeline_.is_active()) {
      status.active = {.sessions = watch_.sessions().Count(status.image, clock_->Now()),
                       .parked_requests = pipeline_.parked_count(),
                       .deferred_answers = pipeline_.deferred_count()};
    }
    std::move(r)(std::move(status));
  });
}

void QuorumController::DescribeCluster(Reply<admin::v1::DescribeClusterResponse> reply) {
  inbox_.Run(std::move(reply), [this](Reply<admin::v1::DescribeClusterResponse> r) {
    const BrokerWatch* watch = pipeline_.is_active() ? &watch_ : nullptr;
    std::move(r)(controller::DescribeCluster(options_.cluster_id, pipeline_, watch, clock_->Now()));
  });
}

RecordOffset QuorumController::applied_offset() const {
  return RecordOffset(applied_offset_.load(std::memory_order_acquire));
}

bool QuorumController::is_active() const { return is_active_.load(std::memory_order_acquire); }

void QuorumController::Publish() {
  applied_offset_.store(pipeline_.committed().end_offset().value(), std::memory_order_release);
  is_active_.store(pipeline_.is_active(), std::memory_order_release);
}

void QuorumController::Shutdown() {
  executor_->Post([this] {
    pipeline_.Stop();
    voter_changes_.Clear();
    balance_.Clear();
    watch_.Clear();
    Publish();
  });
}

void QuorumController::QueueLogCallback(Task callback) {
  executor_->Post([this, callback = std::move(callback)]() mutable {
    log_callbacks_.push_back(std::move(callback));
    RunNextLogCallback();
  });
}

void QuorumController::RunNextLogCallback() {
  if (log_callbacks_.empty() || pipeline_.is_replaying()) return;
  Task callback = std::move(log_callbacks_.front());
  log_callbacks_.pop_front();
  std::move(callback)();
  // One at a time, because many may have arrived during a long replay.
  if (!log_callbacks_.empty()) executor_->Post([this] { RunNextLogCallback(); });
}

void QuorumController::AfterLargeWork() {
  RunNextLogCallback();
  Publish();
  watch_.Check();
  pipeline_.ReleaseParked();
}

void QuorumController::OnSnapshot(const raft::SnapshotMeta& snapshot) {
  CHECK(snapshots_ != nullptr);
  QueueLogCallback([this, id = snapshot.id] {
    pipeline_.Load([snapshots = snapshots_, id] {
      absl::StatusOr<metadata::MetadataImage> image = snapshots->Load(id);
      LOG_IF(FATAL, !image.ok()) << "cannot continue without the snapshot of offset "
                                 << id.end_offset << ", epoch " << id.epoch << ": "
                                 << image.status();
      LOG(INFO) << "loaded the snapshot of offset " << id.end_offset << ", epoch " << id.epoch
                << ": " << image->topic_count() << " topics, " << image->partition_count()
                << " partitions, " << image->brokers().size() << " brokers";
      return *std::move(image);
    });
    Publish();
  });
}

void QuorumController::OnCommitted(const std::vector<raft::EntryPtr>& entries) {
  QueueLogCallback([this, entries] {
    pipeline_.Committed(entries);
    Publish();
  });
}

void QuorumController::OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) {
  QueueLogCallback([this, epoch, leader] { pipeline_.LeaderChanged(epoch, leader); });
}

void QuorumController::OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
                               const raft::VoterSet& voters) {
  QueueLogCallback([this, epoch, end_offset, has_voters, voters] {
    pipeline_.Claim(epoch, end_offset, has_voters, voters);
    watch_.TakeOver();
    balance_.TakeOver();
    voter_changes_.TakeOver();
    pipeline_.ReleaseParked();
    Publish();
  });
}

void QuorumController::OnRenounce(Epoch epoch) {
  QueueLogCallback([this, epoch] {
    pipeline_.Renounce(epoch);
    if (!pipeline_.is_active()) {
      voter_changes_.Clear();
      balance_.Clear();
      watch_.Clear();
    }
    Publish();
  });
}

void QuorumController::OnPause(Epoch epoch) {
  QueueLogCallback([this, epoch] { pipeline_.Pause(epoch); });
}

void QuorumController::OnResume(Epoch epoch) {
  QueueLogCallback([this, epoch] {
    pipeline_.Resume(epoch);
    pipeline_.ReleaseParked();
    watch_.Check();
  });
}

}  // namespace quorate::controller
