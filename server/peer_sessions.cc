#include "server/peer_sessions.h"

#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/overloaded.h"

namespace quorate::server {

void PeerSessions::Stop() {
  stopped_ = true;
  for (auto& [id, session] : sessions_) context_->executor->CancelTimer(session.hello_timer);
  sessions_.clear();
}

void PeerSessions::Reply(raft::SessionId id, const raft::Message& message) {
  const auto it = sessions_.find(id);
  if (it == sessions_.end() || it->second.stream->stream_class() != StreamOf(message)) return;
  it->second.stream->Send(message);
}

void PeerSessions::SayGoodbye(const Goodbye& goodbye) {
  for (const auto& [id, session] : sessions_) {
    if (session.peer && session.stream->stream_class() == raft::StreamClass::kControl) {
      session.stream->Send(goodbye);
    }
  }
}

void PeerSessions::OnOpened(std::shared_ptr<PeerInboundStream> stream) {
  if (stopped_) return;
  Session& session = sessions_[stream->id()];
  session.stream = std::move(stream);
  session.hello_timer = context_->executor->PostAt(
      context_->clock->Now() + context_->options.timings.hello_timeout,
      [silent = session.stream] { silent->Refuse(absl::DeadlineExceededError("no Hello came")); });
}

void PeerSessions::OnPayload(PeerInboundStream* stream, PeerPayload payload) {
  const auto it = sessions_.find(stream->id());
  if (it == sessions_.end()) return;
  Session& session = it->second;
  if (const auto* hello = std::get_if<Hello>(&payload)) {
    OnHello(session, *hello);
    return;
  }
  if (!session.peer) return;  // refused
  std::visit(
      Overloaded{[](const Hello&) {},
                 [&](const Goodbye& goodbye) { owner_->OnSessionGoodbye(*session.peer, goodbye); },
                 [&](raft::Message& message) {
                   owner_->OnSessionMessage(*session.peer, stream->id(), std::move(message));
                 }},
      payload);
}

void PeerSessions::OnHello(Session& session, const Hello& hello) {
  context_->executor->CancelTimer(session.hello_timer);
  session.hello_timer = kNoTimer;
  const absl::Status checked = CheckHello(hello, context_->policy);
  if (!checked.ok()) {
    context_->LogRepeated(
        absl::StrFormat("refused a peer stream: %s", std::string(checked.message())));
    session.stream->Refuse(checked);
    return;
  }
  session.peer = hello.from();
  session.stream->Send(context_->local_hello.To(hello.from()));
  owner_->OnSessionHello(session.stream->stream_class(), hello);
}

void PeerSessions::OnMalformed(PeerInboundStream* stream, absl::Status why) {
  const auto it = sessions_.find(stream->id());
  if (it == sessions_.end()) return;
  const std::string who =
      it->second.peer ? absl::StrFormat("node %d", it->second.peer->value()) : "somebody unknown";
  context_->LogRepeated(absl::StrFormat("closing a peer stream from %s: %s", who, why.ToString()));
}

void PeerSessions::OnEnd(PeerInboundStream* stream) {
  const auto it = sessions_.find(stream->id());
  if (it == sessions_.end()) return;
  context_->executor->CancelTimer(it->second.hello_timer);
  const std::optional<NodeId> peer = it->second.peer;
  sessions_.erase(it);
  if (peer) owner_->OnSessionEnd(*peer);
}

}  // namespace quorate::server
