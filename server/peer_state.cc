#include "server/peer_state.h"

#include <utility>

#include "base/check.h"
#include "base/failpoint.h"

namespace quorate::server {

PeerState::PeerState(PeerContext* context, NodeId id)
    : context_(context),
      id_(id),
      control_(context, this, id, raft::StreamClass::kControl),
      append_(context, this, id, raft::StreamClass::kAppend) {}

void PeerState::Start() {
  control_.Start();
  append_.Start();
}

void PeerState::Stop() {
  CancelDeath();
  control_.Stop();
  append_.Stop();
  context_->directory.SetInSession(id_, false);
  context_->directory.SetForwardChannel(id_, nullptr);
}

void PeerState::Send(raft::Message message) {
  if (StreamOf(message) == raft::StreamClass::kControl) {
    control_.Send(std::move(message));
  } else if (!append_.up() || Failpoint("raft.append").ok()) {
    append_.Send(std::move(message));
  } else {
    append_.Break();  // never a gap within a stream
  }
}

void PeerState::Send(const Goodbye& goodbye) { control_.Send(goodbye); }

void PeerState::OnInboundHello(raft::StreamClass stream, const Hello& hello) {
  if (stream == raft::StreamClass::kControl) OnSession(hello);
  control_.Wake();
  append_.Wake();
}

void PeerState::OnGoodbye(const Goodbye& goodbye) {
  if (last_goodbye_ == goodbye) return;
  last_goodbye_ = goodbye;
  context_->events->OnGoodbye(id_, goodbye.reason, goodbye.epoch);
}

void PeerState::OnLinkUp(raft::StreamClass stream, const Hello& hello,
                         const std::shared_ptr<grpc::Channel>& channel) {
  if (stream == raft::StreamClass::kControl) {
    CancelDeath();
    end_is_announced_ = false;
    OnSession(hello);
    context_->directory.SetInSession(id_, true);
  } else {
    context_->directory.SetForwardChannel(id_, channel);
  }
  context_->events->OnStreamUp(id_, stream, hello.speaker.key);
}

void PeerState::OnLinkDown(raft::StreamClass stream, bool by_us) {
  if (stream == raft::StreamClass::kControl) {
    context_->directory.SetInSession(id_, false);
    if (!by_us && !end_is_announced_) {
      death_timer_ =
          context_->executor->PostAt(context_->clock->Now() + context_->options.timings.death_grace,
                                     [this] { DeclareDead(); });
    }
  } else {
    context_->directory.SetForwardChannel(id_, nullptr);
  }
  context_->events->OnStreamDown(id_, stream);
}

void PeerState::OnLinkRefused() {
  if (death_timer_ != kNoTimer) DeclareDead();
}

void PeerState::OnLinkGoodbye(const Goodbye& goodbye) {
  if (goodbye.reason != raft::GoodbyeReason::kResigned) end_is_announced_ = true;
  OnGoodbye(goodbye);
}

void PeerState::OnLinkMessage(raft::Message message) {
  context_->events->OnMessage(id_, 0, std::move(message));
}

void PeerState::OnSession(const Hello& hello) {
  last_goodbye_.reset();
  context_->directory.SetClientEndpoint(id_, hello.client_endpoint);
  context_->events->OnPeerHello(hello.speaker);
}

void PeerState::DeclareDead() {
  CancelDeath();
  LOG(INFO) << "node " << id_ << " is taken for dead: its connection broke without a Goodbye";
  context_->events->OnPeerDead(id_);
}

void PeerState::CancelDeath() {
  context_->executor->CancelTimer(death_timer_);
  death_timer_ = kNoTimer;
}

}  // namespace quorate::server
