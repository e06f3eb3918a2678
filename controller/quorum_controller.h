// The controller of one node: replays the committed log on every node, and on the active one
// decides. One loop, no locks: every public method posts to it and may be called from any thread.
//
// A facade: it takes calls to the loop and puts the parts together, which are the way of a request
// (request_pipeline.h), the pure decisions (topic_decisions.h, broker_decisions.h,
// partition_decisions.h) and the brokers' sessions (broker_watch.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "controller/answer.h"
#include "controller/broker_prober.h"
#include "controller/broker_requests.h"
#include "controller/broker_watch.h"
#include "controller/heartbeat_stream.h"
#include "controller/request_pipeline.h"
#include "controller/request_size.h"
#include "controller/snapshot_source.h"
#include "controller/token_bucket.h"
#include "controller/voter_changes.h"
#include "controller/voter_poll.h"
#include "metadata/metadata_image.h"
#include "quorate/admin/v1/admin_service.pb.h"
#include "quorate/broker/v1/broker_service.pb.h"
#include "raft/replicated_log.h"

namespace quorate::controller {

struct ControllerOptions {
  std::string cluster_id;
  NodeId node_id;
  Duration broker_session_timeout = std::chrono::seconds(9);
  // How long a broker whose stream broke without proof of its death may take to come back.
  Duration broker_connection_grace = std::chrono::seconds(1);
  // While more than half of the brokers are lost, none is fenced without proof for so long.
  Duration broker_mass_loss_hold = std::chrono::seconds(60);
  RequestLimits request_limits;
  uint64_t seed = 0;
  // How fast the log remembers answers to requests that changed nothing (RequestPipeline). The
  // memory of request ids has room for 100,000.
  TokenBucket::Options remembered_limit = {.tokens_per_second = 2'000, .capacity = 10'000};
};

class QuorumController final : public raft::ReplicatedLogListener {
 public:
  // Everything must outlive the controller, and `executor` must have run its last task before it is
  // destroyed. Replies run on the executor's loop, except that of a request which finds the inbox
  // full: that runs on the caller's thread. A request that comes alone may be decided on the
  // caller's thread before its call returns (Executor::TryRun), so its caller holds no lock.
  QuorumController(ControllerOptions options, Executor* executor, const Clock* clock,
                   BrokerProber* prober);
  // Call once, before the log can call back and before the first request.
  void SetLog(raft::ReplicatedLog* log);
  // Likewise, if there is one; outlives the controller's loop.
  void SetImageObserver(ImageObserver* observer) { pipeline_.SetImageObserver(observer); }
  // Alike; without one a controller that is cut off from the brokers asks no other voter.
  void SetVoterPoll(VoterPoll* poll) { watch_.guard().SetPoll(poll); }
  // Alike, for work that would keep the loop for milliseconds. It may not be the controller's own
  // executor; it outlives the controller, and stops before or after its loop.
  void SetWorker(Executor* worker);
  // Alike; not needed where the log never begins with a snapshot.
  void SetSnapshots(SnapshotSource* snapshots) { snapshots_ = snapshots; }

  // Mutating requests. Above the request limits: POLICY_VIOLATION. On a controller that is not
  // active: NOT_CONTROLLER, REFUSED (the caller forwards). When the inbox is full:
  // RESOURCE_EXHAUSTED. When leadership is lost meanwhile: NOT_CONTROLLER with outcome REFUSED
  // (never appended) or UNKNOWN. A request id makes a retry return the first result.
  void CreateTopics(admin::v1::CreateTopicsRequest request, RequestContext context,
                    Reply<admin::v1::CreateTopicsResponse> reply);
  void DeleteTopics(admin::v1::DeleteTopicsRequest request, RequestContext context,
                    Reply<admin::v1::DeleteTopicsResponse> reply);
  void IncrementalAlterConfigs(admin::v1::IncrementalAlterConfigsRequest request,
                               RequestContext context,
                               Reply<admin::v1::IncrementalAlterConfigsResponse> reply);
  // Dials the broker (BrokerProber) before it decides.
  void RegisterBroker(broker::v1::RegisterBrokerRequest request, RequestContext context,
                      Reply<broker::v1::RegisterBrokerResponse> reply);
  void AlterPartition(broker::v1::AlterPartitionRequest request, RequestContext context,
                      Reply<broker::v1::AlterPartitionResponse> reply);

  // Held until the change is possible, then made, one at a time (voter_changes.h). `context` should
  // have a deadline. `validate_only`: nothing is changed, and what is not possible now is not
  // waited for but answered INVALID_REQUEST.
  void ChangeVoters(VoterChange change, bool validate_only, RequestContext context,
                    Reply<VoterChangeResult> reply);

  // For display only: nothing is logged.
  void ReportRoles(broker::v1::ReportRolesRequest request, RequestContext context,
                   Reply<broker::v1::ReportRolesResponse> reply);

  // A heartbeat on `stream`; the first one opens the session. An error ends the stream. Heartbeats
  // have room of their own and are never refused for a full inbox. `goodbye` is not looked at: the
  // caller says how the stream ended.
  void Heartbeat(StreamId stream, broker::v1::HeartbeatRequest request,
                 Reply<broker::v1::HeartbeatResponse> reply);
  // The stream is gone. Unknown streams are ignored.
  void HeartbeatStreamEnded(StreamId stream, StreamEnd end);

  // A message of the broker has reached this controller, which forwards it or only serves the log:
  // heartbeats are counted without this. On every node; any thread.
  void HeardOf(BrokerId broker);
  // The registered brokers that this controller has heard of in the last `within`, ascending. On
  // every node.
  void ListHeardBrokers(Duration within, Reply<std::vector<BrokerId>> reply);

  // The committed image, once it covers everything below `min_end_offset` (from
  // ReplicatedLog::ReadIndex; 0: at once). REQUEST_TIMED_OUT at the deadline. On every node.
  void ReadImage(RecordOffset min_end_offset, MonoTime deadline,
                 Reply<metadata::MetadataImage> reply);

  // Everything of DescribeClusterResponse but `controllers`, from the committed image and, on the
  // active controller, the brokers' sessions. On every node.
  void DescribeCluster(Reply<admin::v1::DescribeClusterResponse> reply);

  // End offset of the committed image; any thread, no waiting.
  RecordOffset applied_offset() const;
  // Whether this node is the active controller and decides; any thread, no waiting.
  bool is_active() const;

  // Fails everything that waits (NOT_CONTROLLER) and refuses what comes. Call before the loop
  // stops.
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
  // Runs `work(reply)` on the loop, or replies RESOURCE_EXHAUSTED if the inbox is full.
  template <typename T, typename Work>
  void PostRequest(Reply<T> reply, Work work);
  // As PostRequest, but tries to run it at once if nothing else is under way.
  template <typename T, typename Work>
  void RunRequest(Reply<T> reply, Work work);
  // As RunRequest, for a request whose size is bounded (request_size.h).
  template <typename T, typename Request, typename Work>
  void RunBounded(Request request, Reply<T> reply, Work work);

  // Runs `news` of the log on the loop, in its order, while the pipeline replays nothing elsewhere.
  void Hear(Task news);
  void HearNext();
  // The worker has finished something.
  void AfterLargeWork();

  // Tells other threads what the pipeline has become.
  void Publish();

  const ControllerOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  SnapshotSource* snapshots_ = nullptr;
  raft::ReplicatedLog* log_ = nullptr;
  RequestPipeline pipeline_;
  BrokerWatch watch_;
  BrokerRequests broker_requests_;
  VoterChanges voter_changes_;
  // Of the log, and not heard yet.
  std::deque<Task> news_;
  std::atomic<int64_t> applied_offset_{0};
  std::atomic<bool> is_active_{false};
};

}  // namespace quorate::controller
