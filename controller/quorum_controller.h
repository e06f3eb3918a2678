// The controller of one node. It replays the committed log on every node, and on the active
// controller it decides requests. It runs on one loop without locks: every public method posts to
// the loop and may be called from any thread.
//
// This class is a facade. It takes calls to the loop and connects the parts: the path of a request
// (request_pipeline.h), the table of operations (operations.h) with their pure decisions (decide/)
// the brokers' sessions (broker_watch.h) and the balance of leaders (leader_balance.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "base/token_bucket.h"
#include "controller/admission_metrics.h"
#include "controller/answer.h"
#include "controller/broker_instruments.h"
#include "controller/broker_requests.h"
#include "controller/broker_watch.h"
#include "controller/cluster_status.h"
#include "controller/controller_ports.h"
#include "controller/decide/request_size.h"
#include "controller/feature_updates.h"
#include "controller/heartbeat_stream.h"
#include "controller/leader_balance.h"
#include "controller/operations.h"
#include "controller/partition_instruments.h"
#include "controller/remembered_requests.h"
#include "controller/request_inbox.h"
#include "controller/request_pipeline.h"
#include "controller/voter_changes.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "raft/api/replicated_log.h"

namespace quorate::controller {

struct ControllerOptions {
  std::string cluster_id;
  NodeId node_id;
  Duration broker_session_timeout = std::chrono::seconds(9);
  // How long a broker whose stream broke without proof of its death has to come back.
  Duration broker_connection_grace = std::chrono::seconds(1);
  // While more than half of the brokers are lost, none is fenced without proof for this long.
  Duration broker_mass_loss_hold = std::chrono::seconds(60);
  // A fenced broker without a replica that was silent for this long is unregistered.
  Duration idle_broker_timeout = std::chrono::minutes(10);
  LeaderBalanceOptions leader_balance;
  RequestLimits request_limits;
  uint64_t seed = 0;
  // Limits how fast answers to requests that changed nothing are stored in the log
  // (RequestPipeline). The memory of request ids has room for 100,000 entries.
  TokenBucket::Options remembered_limit = {.tokens_per_second = 2'000, .capacity = 10'000};
  // How many partitions each principal may create and delete a second (PartitionQuota); 0: no
  // limit.
  int64_t partition_mutations_per_second = 0;
};

class QuorumController final : public raft::ReplicatedLogListener {
 public:
  // The executor must have run its last task before the controller is destroyed. The log may call
  // back, and requests may arrive, once the controller is constructed.
  //
  // Replies run on the executor's loop. If the inbox is full, the reply runs on the caller's thread
  // instead. A request that finds the loop idle may be decided on the caller's thread before its
  // call returns (Executor::TryRun), so the caller must not hold a lock.
  QuorumController(ControllerOptions options, const ControllerPorts& ports);

  // Mutating requests. Errors besides those of the decisions:
  //
  // - POLICY_VIOLATION: the request exceeds the request limits.
  // - NOT_CONTROLLER, outcome REFUSED: this controller is not active (the caller forwards), or it
  //   lost leadership before it appended anything.
  // - NOT_CONTROLLER, outcome UNKNOWN: it lost leadership after it appended.
  // - RESOURCE_EXHAUSTED: the inbox is full.

  // Executes an operation of the table whose result the log remembers, for example kCreateTopics.
  // With a request id, a retry returns the first result. REQUIRES: the operation has a decision
  // (ItemDecision::decide).
  template <typename Request, typename Response>
  requires HasRequestId<Request>
  void Execute(const Operation<Request, Response>& operation, std::type_identity_t<Request> request,
               RequestContext context, std::type_identity_t<Reply<Response>> reply);
  // Executes kUpdateFeatures, as Execute does, from what the controllers and brokers in session
  // support.
  void UpdateFeatures(admin::v1::UpdateFeaturesRequest request, RequestContext context,
                      Reply<admin::v1::UpdateFeaturesResponse> reply);
  // Dials the broker (BrokerProber) before it decides.
  void RegisterBroker(broker::v1::RegisterBrokerRequest request, RequestContext context,
                      Reply<broker::v1::RegisterBrokerResponse> reply);
  void AlterPartition(broker::v1::AlterPartitionRequest request, RequestContext context,
                      Reply<broker::v1::AlterPartitionResponse> reply);
  void AllocateProducerIds(broker::v1::AllocateProducerIdsRequest request, RequestContext context,
                           Reply<broker::v1::AllocateProducerIdsResponse> reply);
  void AssignReplicasToDirs(broker::v1::AssignReplicasToDirsRequest request, RequestContext context,
                            Reply<broker::v1::AssignReplicasToDirsResponse> reply);

  // Changes the voters. Holds the request until the change is possible, and makes one change at a
  // time (voter_changes.h). `context` should have a deadline. With `validate_only`, nothing is
  // changed, and a change that is not possible now is answered with INVALID_REQUEST instead of
  // being held.
  void ChangeVoters(VoterChange change, bool validate_only, RequestContext context,
                    Reply<VoterChangeResult> reply);

  // For display only: nothing is appended to the log.
  void ReportRoles(broker::v1::ReportRolesRequest request, RequestContext context,
                   Reply<broker::v1::ReportRolesResponse> reply);

  // Takes a heartbeat on `stream`. The first one opens the session. An error ends the stream.
  // Heartbeats have their own inbox space and are never refused because the inbox is full.
  // `goodbye` does not end the session: the caller reports how the stream ended.
  void Heartbeat(StreamId stream, broker::v1::HeartbeatRequest request,
                 Reply<broker::v1::HeartbeatResponse> reply);
  // The stream has ended. Unknown streams are ignored.
  void HeartbeatStreamEnded(StreamId stream, StreamEnd end);

  // Records that a message of the broker has reached this controller, which forwards it or only
  // serves the log. Heartbeats are recorded without this. May be called on every node and from any
  // thread.
  void RecordContact(BrokerId broker);
  // Lists the registered brokers that have sent this controller a message in the last `within`,
  // ascending. On every node.
  void ListHeardBrokers(Duration within, Reply<std::vector<BrokerId>> reply);

  // Replies with the committed image once it covers everything below `min_end_offset` (from
  // ReplicatedLog::ReadIndex; 0: at once). Replies REQUEST_TIMED_OUT at the deadline. On every
  // node.
  void ReadImage(RecordOffset min_end_offset, MonoTime deadline,
                 Reply<metadata::MetadataImage> reply);

  // Replies with the state of the cluster in numbers. On every node.
  void ReadStatus(Reply<ClusterStatus> reply);

  // Replies with everything in DescribeClusterResponse except `controllers`, from the committed
  // image and, on the active controller, from the brokers' sessions. On every node.
  void DescribeCluster(Reply<admin::v1::DescribeClusterResponse> reply);

  // What this controller counted while it was the active one. Any thread.
  const PartitionInstruments& partition_instruments() const { return pipeline_.instruments(); }
  const BrokerInstruments& broker_instruments() const { return watch_.instruments(); }

  // Returns the end offset of the committed image. Any thread, does not block.
  RecordOffset applied_offset() const;
  // Returns whether this node is the active controller. Any thread, does not block.
  bool is_active() const;
  // Any thread.
  const AdmissionMetrics& admission_metrics() const { return pipeline_.admission_metrics(); }

  // Fails all pending requests with NOT_CONTROLLER and refuses new ones. Must be called before the
  // loop stops.
  void Shutdown();

  // raft::ReplicatedLogListener, on the raft loop.
  void OnSnapshot(const raft::SnapshotMeta& snapshot) override;
  void OnCommitted(const std::vector<raft::EntryPtr>& entries) override;
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;
  void OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
               const raft::VoterSet& voters) override;
  void OnRenounce(Epoch epoch) override;
  void OnPause(Epoch epoch) override;
  void OnResume(Epoch epoch) override;

 private:
  // Runs a callback of the log on the loop. Callbacks keep their order and wait while the pipeline
  // is replaying.
  void QueueLogCallback(Task callback);
  // Runs the next callback, and posts a task for those after it.
  void RunNextLogCallback();
  // Called on the loop when the worker has finished a task, or a slice of entries was replayed.
  void AfterLargeWork();

  // Publishes the pipeline's state to other threads.
  void Publish();

  const ControllerOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  SnapshotSource* const snapshots_;
  RequestInbox inbox_;
  RequestPipeline pipeline_;
  BrokerWatch watch_;
  LeaderBalance balance_;
  BrokerRequests broker_requests_;
  FeatureUpdates feature_updates_;
  VoterChanges voter_changes_;
  // Callbacks of the log that have not run yet.
  std::deque<Task> log_callbacks_;
  std::atomic<int64_t> applied_offset_{0};
  std::atomic<bool> is_active_{false};
};

template <typename Request, typename Response>
requires HasRequestId<Request>
void QuorumController::Execute(const Operation<Request, Response>& operation,
                               std::type_identity_t<Request> request, RequestContext context,
                               std::type_identity_t<Reply<Response>> reply) {
  if (auto error = operation.decision.check_size(request, options_.request_limits)) {
    return std::move(reply)(*std::move(error));
  }
  inbox_.Run(std::move(reply), [this, &operation, request = std::move(request),
                                context = std::move(context)](Reply<Response> r) mutable {
    SubmitRemembered(&pipeline_, operation, std::move(request), std::move(context), std::move(r),
                     operation.decision.decide, [this](bool appended) {
                       if (appended) watch_.ForgetUnregistered();
                     });
  });
}

}  // namespace quorate::controller
