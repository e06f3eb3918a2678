#include "server/peer/peer_link.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/overloaded.h"
#include "server/peer/peer_certificates.h"
#include "server/peer/peer_channel.h"

namespace quorate::server {

PeerLink::PeerLink(PeerContext* context, Owner* owner, NodeId peer, raft::StreamClass stream_class,
                   std::shared_ptr<PeerMetrics> metrics)
    : context_(context),
      owner_(owner),
      peer_(peer),
      stream_class_(stream_class),
      metrics_(std::move(metrics)),
      back_off_(context->options.timings.redial_min) {}

void PeerLink::SetAddresses(std::vector<HostPort> addresses) {
  CHECK(!addresses.empty());
  if (addresses == addresses_) return;
  const HostPort last = addresses_.empty() ? addresses[0] : address();
  const auto kept = std::find(addresses.begin(), addresses.end(), last);
  current_ = kept == addresses.end() ? 0 : static_cast<size_t>(kept - addresses.begin());
  addresses_ = std::move(addresses);
}

void PeerLink::Start() { DialCurrent(); }

void PeerLink::Stop() {
  CancelTimer();
  state_ = State::kStopped;
  stream_.reset();
  channel_.reset();
}

void PeerLink::Wake() {
  if (state_ != State::kWaiting) return;
  back_off_ = context_->options.timings.redial_min;
  // Without this pause, two nodes whose streams to each other always break would wake each other in
  // a tight loop.
  WaitUntil(std::max(context_->clock->Now(), last_dial_ + back_off_));
}

void PeerLink::Send(const PeerPayload& payload) {
  if (up()) stream_->Send(payload);
}

void PeerLink::Break() {
  if (stream_ != nullptr) stream_->Cancel();
}

void PeerLink::BreakUnlessTo(uint64_t incarnation) {
  if (up() && incarnation != 0 && incarnation_ != 0 && incarnation_ != incarnation) Break();
}

std::string PeerLink::Name() const {
  return absl::StrFormat("%s stream to node %d at %s", raft::ToString(stream_class_), peer_.value(),
                         address().ToString());
}

void PeerLink::WaitUntil(MonoTime when) {
  state_ = State::kWaiting;
  SetTimer(when, &PeerLink::DialCurrent);
}

void PeerLink::BackOff() {
  WaitUntil(context_->clock->Now() + back_off_);
  back_off_ = std::min(2 * back_off_, context_->options.timings.redial_max);
}

void PeerLink::DialCurrent() { Dial(address()); }

void PeerLink::Dial(const HostPort& address) {
  CancelTimer();
  state_ = State::kDialling;
  last_dial_ = context_->clock->Now();
  ++pending_ends_;
  context_->prober.Probe(address, context_->options.timings.connect_timeout,
                         [this, attempt = ++attempt_](ConnectOutcome outcome) {
                           context_->executor->Post([this, attempt, outcome = std::move(outcome)] {
                             OnDialled(attempt, outcome);
                           });
                         });
}

void PeerLink::OnDialled(uint64_t attempt, const ConnectOutcome& outcome) {
  --pending_ends_;
  if (state_ != State::kDialling || attempt != attempt_) return;
  if (outcome.result == ConnectResult::kConnected) {
    Open(outcome.address);
    return;
  }
  context_->LogRepeated(absl::StrFormat("%s: %s", Name(), outcome.error));
  OnAttemptFailed(outcome.error);
  if (outcome.result == ConnectResult::kRefused) owner_->OnLinkRefused();
}

void PeerLink::Open(const HostPort& numeric) {
  dialled_address_ = numeric;
  refusal_.clear();
  const PeerTransportOptions& options = context_->options;
  channel_ = DialPeer(
      numeric, address().ToString(),
      client::MakeChannelCredentials(options.tls, AcceptController(options.identities, peer_)),
      options.timings);
  stream_ = PeerOutboundStream::Open(channel_, stream_class_, context_->local_hello.To(peer_), this,
                                     context_->executor, &context_->registry);
  if (stream_ == nullptr) {  // the transport is stopping
    Stop();
    return;
  }
  stream_->CountIn(metrics_);
  ++pending_ends_;
  state_ = State::kOpening;
  SetTimer(context_->clock->Now() + context_->options.timings.hello_timeout,
           &PeerLink::OnHelloTimeout);
}

void PeerLink::OnHelloTimeout() {
  refusal_ = "the peer did not answer with a Hello in time";
  context_->LogRepeated(absl::StrFormat("%s: %s", Name(), refusal_));
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

absl::Status PeerLink::Check(const Hello& hello) const {
  RETURN_IF_ERROR(CheckHello(hello, context_->policy, peer_));
  const raft::ReplicaKey& key = hello.speaker.key;
  const std::optional<std::string> first =
      context_->incarnations.OtherInSession(key, hello.incarnation, context_->clock->Now());
  if (!first) return absl::OkStatus();
  return absl::AlreadyExistsError(TwoProcessesText(key, *first, address().ToString()));
}

void PeerLink::Complain(const absl::Status& why) {
  if (absl::IsAlreadyExists(why)) {
    // Without the name of the stream, so that the text is logged once for all three streams.
    context_->LogRepeatedError(std::string(why.message()));
  } else {
    context_->LogRepeated(absl::StrFormat("%s: %s", Name(), std::string(why.message())));
  }
}

void PeerLink::OnHello(const Hello& hello) {
  const absl::Status checked = Check(hello);
  if (!checked.ok()) {
    refusal_ = std::string(checked.message());
    Complain(checked);
    stream_->Cancel();
    return;
  }
  CancelTimer();
  state_ = State::kUp;
  metrics_->opened_streams.Add();
  stop_is_expected_ = false;
  incarnation_ = hello.incarnation;
  up_since_ = context_->clock->Now();
  if (current_ > 0) {
    context_->LogRepeated(absl::StrFormat(
        "%s is up at the address that the node advertises, and not at %s: correct that address "
        "in --voters",
        Name(), expected_address().ToString()));
  }
  LOG(INFO) << Name() << " is up; directory " << hello.speaker.key.directory_id << ", session "
            << absl::StrFormat("%016x", hello.session_id);
  owner_->OnLinkUp(stream_class_, hello, channel_);
}

void PeerLink::OnAttemptFailed(const std::string& why) {
  metrics_->failed_dials.Add();
  owner_->OnLinkFailed(stream_class_, why);
  current_ = (current_ + 1) % addresses_.size();
  BackOff();
}

void PeerLink::OnEnd(PeerOutboundStream* stream, absl::Status why) {
  --pending_ends_;
  if (stream != stream_.get()) return;
  CancelTimer();
  const bool was_up = up();
  const bool by_us = stream->cancelled();
  stream_.reset();
  channel_.reset();
  if (!was_up) {
    // A refusal by this end was logged in OnHello or OnHelloTimeout.
    if (refusal_.empty()) {
      refusal_ = std::string(why.message());
      Complain(why);
    }
    OnAttemptFailed(refusal_);
    return;
  }
  LOG(INFO) << Name() << " is down: " << why;
  if (!by_us) metrics_->ended_streams.Add();
  // The peer tests whether this process is alive, because another process said Hello as the same
  // replica.
  const bool is_test = absl::IsAlreadyExists(why);
  if (is_test) Complain(why);
  if (stop_is_expected_) {
    back_off_ = context_->options.timings.redial_max;
    BackOff();
  } else if (context_->clock->Now() - up_since_ >= kStable) {
    back_off_ = context_->options.timings.redial_min;
    // The name is resolved again only if nothing answers at the old address.
    Dial(dialled_address_);
  } else {
    BackOff();
  }
  owner_->OnLinkDown(stream_class_, by_us || is_test);
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
