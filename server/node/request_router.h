// Brings a request to the active controller, wherever that is, so that a client may call any
// controller. It runs the request on this node's controller, forwards it to another node's, or
// parks it while no active controller is known. It treats requests as opaque protobuf messages;
// services define what to do with each kind.
//
// A request is sent once, unless it may be repeated (Method::repetition). Then it is sent until it
// is answered or its deadline passes, so that a failover happens within one call.
//
// Each attempt carries the epoch in which this node believes the receiver to be active, and is
// decided in that epoch or never. So an attempt that was delayed cannot be executed after a later
// attempt was answered, because that answer was committed or confirmed in a later epoch:
//
//   epoch 5  the router sends attempt 1 to controller 1, which is cut off
//   epoch 6  controller 2 is elected; the router sends attempt 2, which is answered
//   later    attempt 1 reaches controller 1, which no longer leads in epoch 5: it is refused
//
// Only the router that a client called parks a request and sends it again. An attempt that was
// forwarded to this node is either decided here or returned.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/ids.h"
#include "controller/answer.h"
#include "controller/operation.h"
#include "google/protobuf/message.h"
#include "quorate/raft/v1/raft_service.pb.h"
#include "server/node/forwarder.h"
#include "server/node/leader_tracker.h"
#include "server/node/log_listeners.h"
#include "server/node/router_instruments.h"

namespace quorate::server {

struct RouterOptions {
  NodeId self;
  // The most requests, and bytes of them, that may wait for a leader to become known.
  size_t max_parked = 10'000;
  size_t max_parked_bytes = size_t{64} << 20;
  // The pause before a request is retried after it found no active controller where one should be.
  // It doubles with each retry.
  Duration retry_min = std::chrono::milliseconds(2);
  Duration retry_max = std::chrono::milliseconds(50);
};

class RequestRouter final : public LogWatcher {
 public:
  using Message = google::protobuf::Message;
  using MessagePtr = std::unique_ptr<Message>;
  // Called exactly once, on the router's loop, or from within Call if the loop's queue is full.
  using Done = controller::Reply<MessagePtr>;

  // One kind of request (RoutedMethod).
  struct Method {
    // The operation's name in the log, under which controllers forward it (Operation::log_name).
    std::string name;
    const Message* request_type = nullptr;
    const Message* response_type = nullptr;
    std::function<controller::Repetition(const Message& request)> repetition;
    // Runs it on this node's controller, which answers NOT_CONTROLLER if it is not the active one.
    // Called on any thread. Calls `done` exactly once, on any thread.
    std::function<void(const Message& request, controller::RequestContext context, Done done)>
        run_here;
  };

  // All arguments outlive the router. `executor` is its loop. `leader` must be notified of changes
  // before the router is.
  RequestRouter(RouterOptions options, Executor* executor, const Clock* clock,
                const LeaderTracker* leader, Forwarder* forwarder);
  ~RequestRouter() override;

  // Adds a kind of request. Call before any other function. The router owns the method.
  const Method* Register(Method method);

  // Returns the method of this name. REQUIRES: it is registered.
  const Method* Find(std::string_view name) const;

  // Brings `request` to the active controller and answers by `done`. Any thread. `is_cancelled` is
  // called before each attempt; if it returns true, the request ends. Errors of the router itself:
  // CONTROLLER_NOT_AVAILABLE, REQUEST_TIMED_OUT, RESOURCE_EXHAUSTED, NOT_CONTROLLER (with outcome
  // UNKNOWN if a forwarded request was lost), UNKNOWN_SERVER_ERROR (the answer does not parse).
  // REQUIRES: context.deadline is not kNever.
  void Call(const Method* method, MessagePtr request, controller::RequestContext context,
            std::function<bool()> is_cancelled, Done done);

  // Handles a request that another controller forwarded. Any thread; `done` is called on the loop.
  void OnForwarded(const raft::v1::ForwardRequest& request,
                   absl::AnyInvocable<void(raft::v1::ForwardResponse) &&> done);

  // What the router has done, how many of its requests are not answered yet, and how many of these
  // are parked. Any thread.
  const RouterInstruments& instruments() const { return instruments_; }
  int64_t unanswered() const { return unanswered_; }
  size_t parked() const { return parked_; }

  // This node is stopping: refuses new requests, and those that wait for a leader. `drained` runs
  // on the loop once every earlier request is answered. Call once.
  void Shutdown(Task drained);
  // Ends every request that is not answered yet, with an error.
  void Abandon();

  // LogWatcher. Dispatches the waiting requests again.
  void OnLeaderChange(Epoch epoch, std::optional<NodeId> leader) override;
  void OnClaim(Epoch epoch, RecordOffset end_offset, bool has_voters,
               const raft::VoterSet& voters) override;

 private:
  struct Pending;
  using PendingPtr = std::shared_ptr<Pending>;

  void Enter(const PendingPtr& pending);
  void Dispatch(const PendingPtr& pending);
  // Begins the next attempt and returns its number.
  uint64_t BeginAttempt(const PendingPtr& pending);
  void RunHere(const PendingPtr& pending);
  void Forward(const PendingPtr& pending, NodeId to);
  void OnAnswer(const PendingPtr& pending, uint64_t attempt, controller::Answer<MessagePtr> answer);
  void OnForwardResult(const PendingPtr& pending, uint64_t attempt, ForwardResult result);
  // Makes another attempt, which must be safe: at once if another leader is known by now, otherwise
  // after a pause.
  void Retry(const PendingPtr& pending);
  void Park(const PendingPtr& pending, MonoTime until);
  void Unpark(const PendingPtr& pending);
  // Dispatches all parked requests again, and all repeatable ones whose active controller has
  // changed.
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
  RouterInstruments instruments_;
  std::map<std::string, std::unique_ptr<const Method>, std::less<>> methods_;
  std::atomic<uint64_t> next_number_{1};
  std::atomic<int64_t> unanswered_{0};
  std::atomic<bool> shut_down_{false};
  // Changed on the loop only.
  std::atomic<size_t> parked_{0};

  // On the loop only. Every unanswered request that did not end at its first attempt on this node,
  // by number.
  std::map<uint64_t, PendingPtr> pending_;
  size_t parked_bytes_ = 0;
  Task drained_;
};

}  // namespace quorate::server
