// Brings a request to the active controller, wherever that is: runs it on this node's controller,
// forwards it to another node's, or parks it while none is known: any controller answers. It knows
// requests as protobuf messages only; services say what to do with each.
//
// A request is sent once, unless it may be repeated (Method::repetition): then it is sent until it
// is answered or its deadline passes, so that a failover happens inside one call.
//
// Each attempt carries the epoch in which this node believed the other one active, and is decided
// in that epoch or never. So an attempt that was held up cannot be executed after a later attempt
// was answered: that answer was committed or confirmed in a later epoch. Only the router that a
// client called parks a request and sends it again; an attempt that was forwarded to this node is
// decided here or goes back.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "controller/answer.h"
#include "google/protobuf/message.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "server/forwarder.h"
#include "server/leader_tracker.h"
#include "server/log_listeners.h"

namespace quorate::server {

struct RouterOptions {
  NodeId self;
  // How many requests, and how many bytes of them, may wait for a leader to be known.
  size_t max_parked = 10'000;
  size_t max_parked_bytes = size_t{64} << 20;
  // The pause before a request that found no active controller where one should be is tried again:
  // doubled each time.
  Duration retry_min = std::chrono::milliseconds(2);
  Duration retry_max = std::chrono::milliseconds(50);
};

class RequestRouter final : public LogWatcher {
 public:
  using Message = google::protobuf::Message;
  using MessagePtr = std::unique_ptr<Message>;
  // Called exactly once, on the router's loop, or within Call if that is full.
  using Done = controller::Reply<MessagePtr>;

  // Whether a request may be sent again when the outcome of an earlier attempt is unknown.
  enum class Repetition {
    kNever,
    // It does no harm, because epochs in the request guard it. Attempts may be answered
    // differently: only the last one's answer counts.
    kGuarded,
    // The log answers its request id once, or it is a read: any attempt's answer counts.
    kSameAnswer,
  };

  // One kind of request.
  struct Method {
    // "quorate.admin.v1.AdminService/CreateTopics"
    std::string name;
    const Message* request_type = nullptr;
    const Message* response_type = nullptr;
    // Changes nothing, so that a failed try leaves nothing unknown.
    bool read_only = false;
    std::function<Repetition(const Message& request)> repetition;
    // Runs it on this node's controller, which answers NOT_CONTROLLER if it is not the active one.
    // Any thread; `done` is called exactly once, on any thread.
    std::function<void(const Message& request, controller::RequestContext context, Done done)>
        run_here;
  };

  // All outlive the router; `executor` is its loop, `leader` is told of changes before it.
  RequestRouter(RouterOptions options, Executor* executor, const Clock* clock,
                const LeaderTracker* leader, Forwarder* forwarder);
  ~RequestRouter() override;

  // Call before anything else. The router owns the method.
  const Method* Register(Method method);

  // Any thread. `is_cancelled` is asked before each try: true ends the request. Errors of the
  // router itself: CONTROLLER_NOT_AVAILABLE, REQUEST_TIMED_OUT, RESOURCE_EXHAUSTED, NOT_CONTROLLER
  // (with outcome UNKNOWN where a forwarded request was lost), UNKNOWN_SERVER_ERROR (an answer that
  // cannot be read). REQUIRES: context.deadline is not kNever.
  void Call(const Method* method, MessagePtr request, controller::RequestContext context,
            std::function<bool()> is_cancelled, Done done);

  // A request from another controller. Any thread; `done` is called on the loop.
  void OnForwarded(const raft::v1::ForwardRequest& request,
                   absl::AnyInvocable<void(raft::v1::ForwardResponse) &&> done);

  // This node is stopping: refuses what comes, and nothing waits for a leader any more. `drained`
  // runs on the loop once everything that came before is answered. Call once.
  void Shutdown(Task drained);
  // Ends everything that is not answered by now.
  void Abandon();

  // LogWatcher: looks again where the waiting requests belong.
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;
  void OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
               const raft::VoterSet& voters) override;

 private:
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  void Enter(const PendingPtr& pending);
  void Dispatch(const PendingPtr& pending);
  void RunHere(const PendingPtr& pending);
  void Forward(const PendingPtr& pending, NodeId to);
  void OnAnswer(const PendingPtr& pending, uint64_t attempt, controller::Answer<MessagePtr> answer);
  void OnForwardResult(const PendingPtr& pending, uint64_t attempt, ForwardResult result);
  // Another try is safe: at once if another leader is known by now, else after a pause.
  void Retry(const PendingPtr& pending);
  void Park(const PendingPtr& pending, MonoTime until);
  void Unpark(const PendingPtr& pending);
  // Looks at all that waits, and at all that may be sent again.
  void DispatchAgain();
  void Finish(const PendingPtr& pending, controller::Answer<MessagePtr> answer);
  void ReportIfDrained();
  void Fail(const PendingPtr& pending, common::v1::ErrorCode code, std::string message,
            int64_t retry_after_ms = 0);

  const RouterOptions options_;
  Executor* const executor_;
  const Clock* const clock_;
  const LeaderTracker* const leader_;
  Forwarder* const forwarder_;
  std::map<std::string, std::unique_ptr<const Method>> methods_;
  std::atomic<uint64_t> next_number_{1};
  std::atomic<int64_t> unanswered_{0};
  std::atomic<bool> shut_down_{false};

  // On the loop only. Every unanswered request that did not end at its first try here, by number.
  std::map<uint64_t, PendingPtr> pending_;
  size_t parked_ = 0;
  size_t parked_bytes_ = 0;
  Task drained_;
};

}  // namespace quorate::server
