#include "server/peer/peer_state.h"

#include <utility>

#include "base/check.h"
#include "base/failpoint.h"

namespace quorate::server {

PeerState::PeerState(PeerContext* context, NodeId id)
    : context_(context),
      id_(id),
      control_(context, this, id, raft::StreamClass::kControl, metrics_),
      append_(context, this, id, raft::StreamClass::kAppend, metrics_),
      snapshot_(context, this, id, raft::StreamClass::kSnapshot, metrics_) {}

PeerLink& PeerState::LinkOf(raft::StreamClass stream) {
  switch (stream) {
    case raft::StreamClass::kControl:
      return control_;
    case raft::StreamClass::kAppend:
      return append_;
    case raft::StreamClass::kSnapshot:
      return snapshot_;
  }
  LOG(FATAL) << "no such StreamClass: " << static_cast<int>(stream);
}

void PeerState::SetAddresses(const std::vector<HostPort>& addresses) {
  for (const raft::StreamClass stream : raft::kStreamClasses) {
    LinkOf(stream).SetAddresses(addresses);
  }
}

void PeerState::Start() {
  context_->directory.SetMetrics(id_, metrics_);
  for (const raft::StreamClass stream : raft::kStreamClasses) LinkOf(stream).Start();
}

void PeerState::Stop() {
  CancelDeath();
  for (const raft::StreamClass stream : raft::kStreamClasses) LinkOf(stream).Stop();
  context_->directory.SetForwardChannel(id_, nullptr);
}

void PeerState::Retire() {
  for (const raft::StreamClass stream : raft::kStreamClasses) {
    PeerLink& link = LinkOf(stream);
    const bool was_up = link.up();
    link.Break();
    link.Stop();
    if (was_up) OnLinkDown(stream, /*by_us=*/true);
  }
  CancelDeath();
}

void PeerState::Send(raft::Message message) {
  const raft::StreamClass stream = StreamOf(message);
  PeerLink& link = LinkOf(stream);
  if (!link.up()) return;
  const bool fails = stream == raft::StreamClass::kAppend     ? !Failpoint("raft.append").ok()
                     : stream == raft::StreamClass::kSnapshot ? !Failpoint("raft.snapshot").ok()
                                                              : false;
  if (fails) return link.Break();  // a stream must not have gaps
  link.Send(std::move(message));
}

void PeerState::Send(const Goodbye& goodbye) { control_.Send(goodbye); }

void PeerState::OnInboundHello(raft::StreamClass stream, const Hello& hello) {
  if (stream == raft::StreamClass::kControl) {
    OnSession(hello);
    if (key_ == hello.speaker.key) {
      for (const raft::StreamClass each : raft::kStreamClasses) {
        LinkOf(each).BreakUnlessTo(hello.incarnation);
      }
    }
  }
  Wake();
}

void PeerState::Wake() {
  for (const raft::StreamClass each : raft::kStreamClasses) LinkOf(each).Wake();
}

void PeerState::OnGoodbye(const raft::ReplicaKey& from, const Goodbye& goodbye) {
  if (last_goodbye_ == std::pair(from, goodbye)) return;
  last_goodbye_ = {from, goodbye};
  if (goodbye.reason == raft::GoodbyeReason::kStopping) {
    for (const raft::StreamClass each : raft::kStreamClasses) LinkOf(each).ExpectStop();
  }
  context_->events->OnGoodbye(from, goodbye.reason, goodbye.epoch);
}

void PeerState::OnLinkUp(raft::StreamClass stream, const Hello& hello,
                         const std::shared_ptr<grpc::Channel>& channel) {
  if (stream == raft::StreamClass::kControl) {
    CancelDeath();
    end_is_announced_ = false;
    key_ = hello.speaker.key;
    const bool is_elsewhere = control_.address() != control_.expected_address();
    context_->directory.SetContact(
        id_, {.address = control_.address().ToString(),
              .expected_address = is_elsewhere ? control_.expected_address().ToString() : ""});
    OnSession(hello);
  } else if (stream == raft::StreamClass::kAppend) {
    context_->directory.SetForwardChannel(id_, channel);
  }
  answerers_[stream] = hello.speaker.key;
  context_->events->OnStreamUp(id_, stream, hello.speaker.key);
}

void PeerState::OnLinkDown(raft::StreamClass stream, bool by_us) {
  if (stream == raft::StreamClass::kControl) {
    OnLinkFailed(stream, "the connection ended");
    if (!by_us && !end_is_announced_) {
      death_timer_ =
          context_->executor->PostAt(context_->clock->Now() + context_->options.timings.death_grace,
                                     [this] { DeclareDead(); });
    }
  } else if (stream == raft::StreamClass::kAppend) {
    context_->directory.SetForwardChannel(id_, nullptr);
  }
  context_->events->OnStreamDown(id_, stream);
}

void PeerState::OnLinkFailed(raft::StreamClass stream, const std::string& why) {
  if (stream != raft::StreamClass::kControl) return;
  context_->directory.SetContact(id_, {.address = control_.address().ToString(), .problem = why});
}

void PeerState::OnLinkRefused() {
  if (death_timer_ != kNoTimer) DeclareDead();
}

void PeerState::OnLinkGoodbye(const Goodbye& goodbye) {
  if (goodbye.reason != raft::GoodbyeReason::kResigned) end_is_announced_ = true;
  // A replica other than the voter may answer at the voter's address. While no voter set is known,
  // the address is the only proof.
  if (context_->voters && context_->Trust(*key_) == PeerTrust::kUnproven) return;
  OnGoodbye(*key_, goodbye);
}

void PeerState::OnLinkMessage(raft::Message message) {
  const raft::ReplicaKey from = answerers_[StreamOf(message)];
  context_->events->OnMessage(from, 0, std::move(message));
}

void PeerState::OnSession(const Hello& hello) {
  last_goodbye_.reset();
  context_->directory.SetClientEndpoint(id_, hello.speaker.client_endpoint);
  context_->events->OnPeerHello(hello.speaker);
}

void PeerState::DeclareDead() {
  CancelDeath();
  metrics_->deaths.Add();
  LOG(INFO) << "node " << id_ << " is taken for dead: its connection broke without a Goodbye";
  context_->events->OnPeerDead(id_);
}

void PeerState::CancelDeath() {
  context_->executor->CancelTimer(death_timer_);
  death_timer_ = kNoTimer;
}

}  // namespace quorate::server
