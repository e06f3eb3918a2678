#include "broker/heartbeat_session.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/overloaded.h"

namespace quorate::broker {

HeartbeatSession::HeartbeatSession(const BrokerOptions& options, Executor* executor,
                                   const Clock* clock, ControllerChannel* channel,
                                   ControllerFinder* finder, Owner* owner)
    : options_(options),
      executor_(executor),
      clock_(clock),
      channel_(channel),
      finder_(finder),
      owner_(owner),
      interval_(options.eager_heartbeat_interval) {}

HeartbeatSession::~HeartbeatSession() { CancelTimer(); }

void HeartbeatSession::Start() {
  CHECK(state_ == State::kIdle);
  Open();
}

void HeartbeatSession::Open() {
  state_ = State::kOpen;
  ++streams_opened_;
  channel_->OpenHeartbeat(finder_->current(),
                          [this](HeartbeatEvent event) { OnEvent(std::move(event)); });
  Send();
}

void HeartbeatSession::Send() {
  channel_->SendHeartbeat(WithStreamFields(owner_->MakeHeartbeat()));
  sent_at_ = clock_->Now();
  in_flight_ = true;
  send_again_ = false;
  SetTimer(sent_at_ + options_.heartbeat_answer_timeout, &HeartbeatSession::OnSilence);
}

v1::HeartbeatRequest HeartbeatSession::WithStreamFields(v1::HeartbeatRequest request) const {
  request.set_stream_ordinal(streams_opened_);
  request.set_interval_ms(ToMs(interval_));
  return request;
}

void HeartbeatSession::SetInterval(Duration interval) {
  if (interval == interval_) return;
  interval_ = interval;
  if (state_ == State::kOpen && !in_flight_) {
    SetTimer(std::max(sent_at_ + interval_, clock_->Now()), &HeartbeatSession::Send);
  }
}

void HeartbeatSession::SendNow() {
  if (state_ != State::kOpen) return;
  if (in_flight_) {
    send_again_ = true;
  } else {
    Send();
  }
}

void HeartbeatSession::OnControllerEpoch(int32_t epoch) {
  if (epoch <= known_epoch_) return;
  known_epoch_ = epoch;
  if (state_ == State::kPausing) {
    CancelTimer();
    Open();
  } else if (state_ == State::kOpen && controller_epoch_ != 0 && controller_epoch_ < epoch) {
    // This controller was deposed, even if it does not know that yet (it may be paused). Look for
    // its successor.
    CloseOpenStream();
    Reconnect(finder_->OnFailure(), absl::StrFormat("epoch %d has begun", epoch));
  }
}

void HeartbeatSession::Stop(v1::HeartbeatRequest goodbye, Task closed) {
  CancelTimer();
  const bool open = state_ == State::kOpen;
  state_ = State::kIdle;
  ForgetController();
  if (open) {
    channel_->CloseHeartbeat(WithStreamFields(std::move(goodbye)), std::move(closed));
  } else {
    executor_->Post(std::move(closed));
  }
}

void HeartbeatSession::OnEvent(HeartbeatEvent event) {
  CHECK(state_ == State::kOpen) << "an event of a closed stream";
  std::visit(Overloaded{[this](const v1::HeartbeatResponse& response) { OnResponse(response); },
                        [this](const common::v1::Error& error) { OnError(error); }},
             event);
}

void HeartbeatSession::OnResponse(const v1::HeartbeatResponse& response) {
  in_flight_ = false;
  const bool first = endpoint_.empty();
  if (first) endpoint_ = finder_->current();
  controller_epoch_ = response.controller_epoch();
  known_epoch_ = std::max(known_epoch_, controller_epoch_);
  finder_->OnSuccess();
  SetTimer(std::max(sent_at_ + interval_, clock_->Now()), &HeartbeatSession::Send);
  if (first) {
    LOG(INFO) << "in session with the active controller at " << endpoint_ << ", epoch "
              << controller_epoch_;
  }
  owner_->OnHeartbeatAnswer(response, first);  // may stop the session
  if (state_ == State::kOpen && send_again_ && !in_flight_) Send();
}

void HeartbeatSession::OnError(const common::v1::Error& error) {
  if (error.code() == common::v1::STALE_BROKER_EPOCH ||
      error.code() == common::v1::BROKER_ID_NOT_REGISTERED) {
    CancelTimer();
    state_ = State::kIdle;
    ForgetController();
    owner_->OnRegistrationLost(error);
    return;
  }
  Reconnect(finder_->OnError(error), error.message());
}

void HeartbeatSession::OnSilence() {
  CloseOpenStream();
  Reconnect(finder_->OnFailure(),
            absl::StrFormat("no answer for %d ms", ToMs(options_.heartbeat_answer_timeout)));
}

void HeartbeatSession::Reconnect(Duration pause, const std::string& reason) {
  if (!endpoint_.empty()) {
    LOG(WARNING) << "lost the session with the controller at " << endpoint_ << ": " << reason;
  } else {
    VLOG(1) << "no session: " << reason << "; next: " << finder_->current() << " in " << ToMs(pause)
            << " ms";
  }
  ForgetController();
  CancelTimer();
  if (pause == Duration(0)) {
    Open();
    return;
  }
  state_ = State::kPausing;
  SetTimer(clock_->Now() + pause, &HeartbeatSession::Open);
}

void HeartbeatSession::CloseOpenStream() {
  v1::HeartbeatRequest goodbye = owner_->MakeHeartbeat();
  goodbye.set_goodbye(v1::HeartbeatRequest::RECONNECTING);
  channel_->CloseHeartbeat(WithStreamFields(std::move(goodbye)), [] {});
}

void HeartbeatSession::ForgetController() {
  in_flight_ = false;
  send_again_ = false;
  if (endpoint_.empty()) return;
  endpoint_.clear();
  controller_epoch_ = 0;
  owner_->OnSessionEnded();
}

void HeartbeatSession::SetTimer(MonoTime when, void (HeartbeatSession::*action)()) {
  CancelTimer();
  timer_ = executor_->PostAt(when, [this, action] {
    timer_ = kNoTimer;
    (this->*action)();
  });
}

void HeartbeatSession::CancelTimer() {
  if (timer_ != kNoTimer) executor_->CancelTimer(timer_);
  timer_ = kNoTimer;
}

}  // namespace quorate::broker
