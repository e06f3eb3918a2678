#include "server/node/request_router.h"

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/check.h"
#include "server/node/ensure_answered.h"
#include "server/node/limits.h"
#include "server/node/reply_margin.h"

namespace quorate::server {
namespace {

using common::v1::Error;
using controller::Repetition;

constexpr char kStopping[] = "this controller is stopping";

// Returns whether the error means that another controller should be tried.
bool IsNotHere(const Error& error) {
  return error.code() == common::v1::NOT_CONTROLLER ||
         error.code() == common::v1::CONTROLLER_NOT_AVAILABLE;
}

}  // namespace

struct RequestRouter::Pending {
  uint64_t number = 0;
  const Method* method = nullptr;
  MessagePtr request;
  controller::RequestContext context;
  std::function<bool()> is_cancelled;
  Done done;
  // Another controller forwarded it to this node.
  bool is_forwarded = false;
  Repetition repetition = Repetition::kNever;

  // Returns whether this router may make another attempt although the outcome of an earlier one is
  // unknown.
  bool repeatable() const { return !is_forwarded && repetition != Repetition::kNever; }

  bool answered = false;
  // The number of the current attempt; 0 before the first one.
  uint64_t attempt = 0;
  LeaderView tried;
  Duration pause{};
  // An earlier attempt may have been executed.
  bool maybe_executed = false;

  bool parked = false;
  size_t parked_bytes = 0;
  TimerId timer = kNoTimer;
};

RequestRouter::RequestRouter(RouterOptions options, Executor* executor, const Clock* clock,
                             const LeaderTracker* leader, Forwarder* forwarder)
    : options_(options),
      executor_(executor),
      clock_(clock),
      leader_(leader),
      forwarder_(forwarder) {}

RequestRouter::~RequestRouter() = default;

const RequestRouter::Method* RequestRouter::Register(Method method) {
  auto owned = std::make_unique<const Method>(std::move(method));
  const Method* registered = owned.get();
  CHECK(methods_.emplace(registered->name, std::move(owned)).second);
  return registered;
}

const RequestRouter::Method* RequestRouter::Find(std::string_view name) const {
  const auto it = methods_.find(name);
  CHECK(it != methods_.end()) << "no operation " << name << " is registered";
  return it->second.get();
}

void RequestRouter::Call(const Method* method, MessagePtr request,
                         controller::RequestContext context, std::function<bool()> is_cancelled,
                         Done done) {
  CHECK(context.deadline != kNever);
  auto pending = std::make_shared<Pending>();
  pending->number = next_number_++;
  pending->method = method;
  pending->repetition = method->repetition(*request);
  pending->request = std::move(request);
  pending->context = std::move(context);
  pending->is_cancelled = std::move(is_cancelled);
  pending->done = std::move(done);
  ++unanswered_;
  // In the common case the first attempt runs here without a task on the loop.
  if (leader_->view().leader == options_.self && !shut_down_ && !pending->is_cancelled()) {
    RunHere(pending);
  } else if (!executor_->TryPost([this, pending] { Enter(pending); })) {
    Error error = controller::MakeError(common::v1::RESOURCE_EXHAUSTED,
                                        "this controller has too many requests queued");
    error.set_retry_after_ms(kRetryAfterMs);
    instruments_.refused.Add();
    --unanswered_;
    std::move(pending->done)(std::move(error));
  }
}

void RequestRouter::OnForwarded(const raft::v1::ForwardRequest& request,
                                absl::AnyInvocable<void(raft::v1::ForwardResponse) &&> done) {
  instruments_.received.Add();
  auto pending = std::make_shared<Pending>();
  pending->number = next_number_++;
  pending->context.principal = request.principal();
  pending->context.deadline = clock_->Now() + std::chrono::milliseconds(std::clamp<int64_t>(
                                                  request.timeout_ms(), 0, ToMs(kMaxTimeout)));
  pending->is_cancelled = [] { return false; };
  pending->context.epoch = Epoch(request.epoch());
  pending->is_forwarded = true;
  Done reply = [done = std::move(done)](controller::Answer<MessagePtr> answer) mutable {
    raft::v1::ForwardResponse response;
    if (auto* error = std::get_if<Error>(&answer)) {
      *response.mutable_error() = std::move(*error);
    } else {
      std::get<MessagePtr>(answer)->SerializeToString(response.mutable_response());
    }
    std::move(done)(std::move(response));
  };
  pending->done = EnsureAnswered(std::move(reply));

  if (request.principal().size() > kMaxPrincipalBytes) {
    std::move(pending->done)(controller::MakeError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("the forwarded request's principal has %d bytes; the limit is %d",
                        request.principal().size(), kMaxPrincipalBytes)));
    return;
  }
  const auto it = methods_.find(request.method());
  if (it != methods_.end()) {
    pending->method = it->second.get();
    pending->request = MessagePtr(pending->method->request_type->New());
  }
  if (it == methods_.end() || !pending->request->ParseFromString(request.request())) {
    std::move(pending->done)(controller::MakeError(
        common::v1::INVALID_REQUEST,
        absl::StrFormat("this controller cannot parse the forwarded request '%s': check that all "
                        "controllers run the same version",
                        absl::CHexEscape(request.method().substr(0, kMaxMethodNameBytes)))));
    return;
  }
  pending->repetition = pending->method->repetition(*pending->request);
  ++unanswered_;
  executor_->Post([this, pending] { Enter(pending); });
}

void RequestRouter::Shutdown(Task drained) {
  shut_down_ = true;
  executor_->Post([this, drained = std::move(drained)]() mutable {
    drained_ = std::move(drained);
    DispatchAgain();
    ReportIfDrained();
  });
}

void RequestRouter::Abandon() {
  executor_->Post([this] {
    while (!pending_.empty()) {
      const PendingPtr pending = pending_.begin()->second;
      if (pending->attempt > 0) pending->maybe_executed = true;
      Fail(pending, common::v1::CONTROLLER_NOT_AVAILABLE, kStopping);
    }
  });
}

void RequestRouter::OnLeaderChange(Epoch /*epoch*/, std::optional<NodeId> leader) {
  if (leader) executor_->Post([this] { DispatchAgain(); });
}

void RequestRouter::OnClaim(Epoch /*epoch*/, RecordOffset /*end_offset*/, bool /*has_voters*/,
                            const raft::VoterSet& /*voters*/) {
  executor_->Post([this] { DispatchAgain(); });
}

void RequestRouter::DispatchAgain() {
  // Collected first, because Dispatch may remove the request from pending_.
  std::vector<PendingPtr> movable;
  for (const auto& [number, pending] : pending_) {
    if (pending->parked) {
      movable.push_back(pending);
    } else if (pending->repeatable() && pending->tried != leader_->view()) {
      // It was sent to a controller that is no longer the active one and may never answer.
      pending->maybe_executed = true;
      movable.push_back(pending);
    }
  }
  for (const PendingPtr& pending : movable) Dispatch(pending);
}

void RequestRouter::Enter(const PendingPtr& pending) {
  if (shut_down_) {
    Fail(pending, common::v1::CONTROLLER_NOT_AVAILABLE, kStopping);
    return;
  }
  pending_.emplace(pending->number, pending);
  Dispatch(pending);
}

void RequestRouter::Dispatch(const PendingPtr& pending) {
  Unpark(pending);
  const bool late = clock_->Now() >= pending->context.deadline;
  const LeaderView view = leader_->view();
  if (late || pending->is_cancelled()) {
    Fail(pending, common::v1::REQUEST_TIMED_OUT,
         view.leader ? "the request's deadline passed before the active controller accepted it"
                     : "the request's deadline passed while no active controller was known: check "
                       "that a majority of the controllers runs");
  } else if (view.leader == options_.self) {
    RunHere(pending);
  } else if (!view.leader && shut_down_) {
    Fail(pending, common::v1::CONTROLLER_NOT_AVAILABLE, kStopping);
  } else if (pending->is_forwarded) {
    // The controller that forwarded it knows its deadline and tries elsewhere.
    Fail(pending, common::v1::NOT_CONTROLLER, "this controller is not the active one");
  } else if (!view.leader) {
    Park(pending, pending->context.deadline);
  } else {
    Forward(pending, *view.leader);
  }
}

uint64_t RequestRouter::BeginAttempt(const PendingPtr& pending) {
  pending->tried = leader_->view();
  if (pending->attempt > 0) instruments_.repeated.Add();
  return ++pending->attempt;
}

void RequestRouter::RunHere(const PendingPtr& pending) {
  const uint64_t attempt = BeginAttempt(pending);
  if (!pending->is_forwarded) pending->context.epoch = pending->tried.epoch;
  pending->method->run_here(
      *pending->request, pending->context,
      [this, pending, attempt](controller::Answer<MessagePtr> answer) {
        executor_->RunOrPost([this, pending, attempt, answer = std::move(answer)]() mutable {
          OnAnswer(pending, attempt, std::move(answer));
        });
      });
}

void RequestRouter::Forward(const PendingPtr& pending, NodeId to) {
  const uint64_t attempt = BeginAttempt(pending);
  instruments_.forwarded.Add();
  raft::v1::ForwardRequest forward;
  forward.set_method(pending->method->name);
  pending->request->SerializeToString(forward.mutable_request());
  forward.set_principal(pending->context.principal);
  forward.set_timeout_ms(ToMs(LessReplyMargin(pending->context.deadline - clock_->Now())));
  forward.set_hops(1);
  forward.set_epoch(pending->tried.epoch.value());
  forwarder_->Forward(
      to, std::move(forward), pending->context.deadline,
      [this, pending, attempt](ForwardResult result) {
        executor_->Post([this, pending, attempt, result = std::move(result)]() mutable {
          OnForwardResult(pending, attempt, std::move(result));
        });
      });
}

void RequestRouter::OnForwardResult(const PendingPtr& pending, uint64_t attempt,
                                    ForwardResult result) {
  if (auto* failure = std::get_if<ForwardFailure>(&result)) {
    // Treated like the same answer from the other controller.
    OnAnswer(
        pending, attempt,
        controller::MakeError(
            common::v1::NOT_CONTROLLER,
            absl::StrFormat("the request to the active controller failed: %s", failure->message),
            failure->maybe_sent ? common::v1::UNKNOWN : common::v1::REFUSED));
    return;
  }
  auto& response = std::get<raft::v1::ForwardResponse>(result);
  if (response.has_error()) {
    OnAnswer(pending, attempt, std::move(*response.mutable_error()));
    return;
  }
  MessagePtr message(pending->method->response_type->New());
  if (!message->ParseFromString(response.response())) {
    OnAnswer(pending, attempt,
             controller::MakeError(common::v1::UNKNOWN_SERVER_ERROR,
                                   "the active controller's answer does not parse",
                                   common::v1::UNKNOWN));
    return;
  }
  OnAnswer(pending, attempt, std::move(message));
}

void RequestRouter::OnAnswer(const PendingPtr& pending, uint64_t attempt,
                             controller::Answer<MessagePtr> answer) {
  if (pending->answered) return;
  const auto* error = std::get_if<Error>(&answer);
  if (attempt != pending->attempt) {
    // The failure of an earlier attempt says nothing about the last one. A result of an earlier
    // attempt counts only if all attempts have the same result. Otherwise the last attempt may
    // still be executed after the earlier one reported a refusal.
    if (error != nullptr || !controller::HasSameAnswer(pending->repetition)) return;
  }
  if (error != nullptr && IsNotHere(*error)) {
    const bool refused = error->outcome() == common::v1::REFUSED;
    if (!pending->is_forwarded && (refused || pending->repeatable())) {
      if (!refused) pending->maybe_executed = true;
      Retry(pending);
      return;
    }
  }
  Finish(pending, std::move(answer));
}

void RequestRouter::Retry(const PendingPtr& pending) {
  // It may be parked, if no leader was known while the attempt was in flight.
  Unpark(pending);
  pending_.emplace(pending->number, pending);
  const LeaderView view = leader_->view();
  if (view != pending->tried && view.leader) {
    pending->pause = Duration(0);
    Dispatch(pending);
    return;
  }
  pending->pause = std::clamp(pending->pause * 2, options_.retry_min, options_.retry_max);
  Park(pending, std::min(clock_->Now() + pending->pause, pending->context.deadline));
}

void RequestRouter::Park(const PendingPtr& pending, MonoTime until) {
  const size_t bytes = pending->request->ByteSizeLong();
  if (parked_ >= options_.max_parked || parked_bytes_ + bytes > options_.max_parked_bytes) {
    instruments_.refused.Add();
    Fail(pending, common::v1::RESOURCE_EXHAUSTED, "too many requests wait for an active controller",
         kRetryAfterMs);
    return;
  }
  instruments_.parked.Add();
  pending->parked = true;
  pending->parked_bytes = bytes;
  ++parked_;
  parked_bytes_ += bytes;
  pending->timer = executor_->PostAt(until, [this, pending] { Dispatch(pending); });
}

void RequestRouter::Unpark(const PendingPtr& pending) {
  if (!pending->parked) return;
  pending->parked = false;
  --parked_;
  parked_bytes_ -= pending->parked_bytes;
  executor_->CancelTimer(pending->timer);
}

void RequestRouter::Finish(const PendingPtr& pending, controller::Answer<MessagePtr> answer) {
  pending->answered = true;
  pending_.erase(pending->number);
  // An earlier attempt may have answered while the request waits for its next attempt.
  Unpark(pending);
  if (auto* error = std::get_if<Error>(&answer);
      error != nullptr && pending->maybe_executed && pending->repetition != Repetition::kRead) {
    error->set_outcome(common::v1::UNKNOWN);
  }
  std::move(pending->done)(std::move(answer));
  --unanswered_;
  ReportIfDrained();
}

void RequestRouter::ReportIfDrained() {
  if (drained_ && unanswered_ == 0) std::exchange(drained_, nullptr)();
}

void RequestRouter::Fail(const PendingPtr& pending, common::v1::ErrorCode code, std::string message,
                         int64_t retry_after_ms) {
  Error error = controller::MakeError(code, std::move(message));
  error.set_retry_after_ms(retry_after_ms);
  Finish(pending, std::move(error));
}

}  // namespace quorate::server
