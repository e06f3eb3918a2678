#include "server/peer_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/overloaded.h"
#include "server/peer_channel.h"

namespace quorate::server {

PeerLink::PeerLink(PeerContext* context, Owner* owner, NodeId peer, raft::StreamClass stream_class)
    : context_(context),
      owner_(owner),
      peer_(peer),
      stream_class_(stream_class),
      back_off_(context->options.timings.redial_min) {}

void PeerLink::Start() { DialConfigured(); }

void PeerLink::Stop() {
  CancelTimer();
  state_ = State::kStopped;
  stream_.reset();
  channel_.reset();
}

void PeerLink::Wake() {
  if (state_ != State::kWaiting) return;
  back_off_ = context_->options.timings.redial_min;
  // Two nodes whose streams to each other always break must not wake each other without a pause.
  WaitUntil(std::max(context_->clock->Now(), last_dial_ + back_off_));
}

void PeerLink::Send(const PeerPayload& payload) {
  if (up()) stream_->Send(payload);
}

void PeerLink::Break() {
  if (stream_ != nullptr) stream_->Cancel();
}

std::string PeerLink::Name() const {
  return absl::StrFormat("%s stream to node %d at %s", raft::ToString(stream_class_), peer_.value(),
                         configured_address_.ToString());
}

void PeerLink::WaitUntil(MonoTime when) {
  state_ = State::kWaiting;
  SetTimer(when, &PeerLink::DialConfigured);
}

void PeerLink::BackOff() {
  WaitUntil(context_->clock->Now() + back_off_);
  back_off_ = std::min(2 * back_off_, context_->options.timings.redial_max);
}

void PeerLink::DialConfigured() { Dial(configured_address_); }

void PeerLink::Dial(const HostPort& address) {
  CancelTimer();
  state_ = State::kDialling;
  last_dial_ = context_->clock->Now();
  context_->prober.Probe(address, context_->options.timings.connect_timeout,
                         [this, attempt = ++attempt_](ConnectOutcome outcome) {
                           context_->executor->Post([this, attempt, outcome = std::move(outcome)] {
                             OnDialled(attempt, outcome);
                           });
                         });
}

void PeerLink::OnDialled(uint64_t attempt, const ConnectOutcome& outcome) {
  if (state_ != State::kDialling || attempt != attempt_) return;
  if (outcome.result == ConnectResult::kConnected) {
    Open(outcome.address);
    return;
  }
  context_->LogRepeated(absl::StrFormat("%s: %s", Name(), outcome.error));
  BackOff();
  if (outcome.result == ConnectResult::kRefused) owner_->OnLinkRefused();
}

void PeerLink::Open(const HostPort& address) {
  address_ = address;
  channel_ = DialPeer(address, configured_address_.ToString(), context_->options.timings);
  stream_ = PeerOutboundStream::Open(channel_, stream_class_, context_->local_hello.To(peer_), this,
                                     context_->executor, &context_->registry);
  if (stream_ == nullptr) {  // the transport is being stopped
    Stop();
    return;
  }
  state_ = State::kOpening;
  SetTimer(context_->clock->Now() + context_->options.timings.hello_timeout,
           &PeerLink::OnHelloTimeout);
}

void PeerLink::OnHelloTimeout() {
  context_->LogRepeated(Name() + ": no Hello came back");
  stream_->Cancel();
}

void PeerLink::OnPayload(PeerOutboundStream* stream, PeerPayload payload) {
  if (stream != stream_.get()) return;
  std::visit(Overloaded{[this](const Hello& hello) { OnHello(hello); },
                        [this](const Goodbye& goodbye) {
                          if (up()) owner_->OnLinkGoodbye(goodbye);
                        },
                        [this](raft::Message& message) {
                          if (up()) owner_->OnLinkMessage(std::move(message));
                        }},
             payload);
}

void PeerLink::OnHello(const Hello& hello) {
  const absl::Status checked = CheckHello(hello, context_->policy, peer_);
  if (!checked.ok()) {
    context_->LogRepeated(absl::StrFormat("%s: %s", Name(), std::string(checked.message())));
    stream_->Cancel();
    return;
  }
  CancelTimer();
  state_ = State::kUp;
  stop_is_expected_ = false;
  up_since_ = context_->clock->Now();
  LOG(INFO) << Name() << " is up; directory " << hello.speaker.key.directory_id << ", session "
            << absl::StrFormat("%016x", hello.session_id);
  owner_->OnLinkUp(stream_class_, hello, channel_);
}

void PeerLink::OnEnd(PeerOutboundStream* stream, absl::Status why) {
  if (stream != stream_.get()) return;
  CancelTimer();
  const bool was_up = up();
  const bool by_us = stream->cancelled();
  stream_.reset();
  channel_.reset();
  if (!was_up) {
    // A Hello that we refused was logged when it came.
    if (!by_us) context_->LogRepeated(absl::StrFormat("%s: %s", Name(), why.ToString()));
    BackOff();
    return;
  }
  LOG(INFO) << Name() << " is down: " << why;
  if (stop_is_expected_) {
    back_off_ = context_->options.timings.redial_max;
    BackOff();
  } else if (context_->clock->Now() - up_since_ >= kStable) {
    back_off_ = context_->options.timings.redial_min;
    // The name is resolved again only if nobody answers at the old address.
    Dial(address_);
  } else {
    BackOff();
  }
  owner_->OnLinkDown(stream_class_, by_us);
}

void PeerLink::SetTimer(MonoTime when, void (PeerLink::*then)()) {
  CancelTimer();
  timer_ = context_->executor->PostAt(when, [this, then] {
    timer_ = kNoTimer;
    (this->*then)();
  });
}

void PeerLink::CancelTimer() {
  context_->executor->CancelTimer(timer_);
  timer_ = kNoTimer;
}

}  // namespace quorate::server
