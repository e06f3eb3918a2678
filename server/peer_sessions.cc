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
    if (session.hello && session.stream->stream_class() == raft::StreamClass::kControl) {
      session.stream->Send(goodbye);
    }
  }
}

void PeerSessions::OnOpened(std::shared_ptr<PeerInboundStream> stream) {
  if (stopped_) return;
  EndOldestStranger();
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
  if (!session.hello) return;  // refused
  const raft::ReplicaKey& from = session.hello->speaker.key;
  std::visit(Overloaded{[](const Hello&) {},
                        [&](const Goodbye& goodbye) {
                          // A stranger must not stop an election or start one.
                          if (context_->Trust(from) == PeerTrust::kUnproven) return;
                          owner_->OnSessionGoodbye(from.node_id, goodbye);
                        },
                        [&](raft::Message& message) {
                          owner_->OnSessionMessage(from.node_id, stream->id(), std::move(message));
                        }},
             payload);
}

void PeerSessions::OnHello(Session& session, const Hello& hello) {
  context_->executor->CancelTimer(session.hello_timer);
  session.hello_timer = kNoTimer;
  const absl::Status checked = CheckHello(hello, context_->policy);
  if (!checked.ok()) return Refuse(session, checked);
  session.hello = hello;
  if (!Believe(session)) return;
  session.stream->Send(context_->local_hello.To(hello.from()));
}

bool PeerSessions::Believe(Session& session) {
  const Hello& hello = *session.hello;
  if (context_->Trust(hello.speaker.key) == PeerTrust::kUnproven) {
    owner_->OnUnprovenHello(hello.from());
    return true;
  }
  const absl::Status accepted = owner_->OnSessionHello(session.stream->stream_class(), hello);
  session.believed = accepted.ok();
  if (accepted.ok()) return true;
  session.hello.reset();
  Refuse(session, accepted);
  return false;
}

void PeerSessions::OnNewVoters() {
  for (auto& [id, session] : sessions_) {
    if (session.hello && !session.believed) Believe(session);
  }
}

void PeerSessions::Refuse(Session& session, const absl::Status& why) {
  context_->LogRepeated(absl::StrFormat("refused a peer stream: %s", std::string(why.message())));
  session.stream->Refuse(why);
}

void PeerSessions::EndOldestStranger() {
  size_t strangers = 0;
  std::shared_ptr<PeerInboundStream> oldest;
  for (const auto& [id, session] : sessions_) {
    if (session.hello && context_->Trust(session.hello->speaker.key) == PeerTrust::kVoter) continue;
    if (++strangers == 1) oldest = session.stream;
  }
  if (strangers < kMaxStrangers) return;
  context_->LogRepeated("too many peer streams from strangers: the oldest are ended");
  oldest->Cancel();
  OnEnd(oldest.get());
}

void PeerSessions::OnMalformed(PeerInboundStream* stream, absl::Status why) {
  const auto it = sessions_.find(stream->id());
  if (it == sessions_.end()) return;
  const std::string who = it->second.hello
                              ? absl::StrFormat("node %d", it->second.hello->from().value())
                              : "somebody unknown";
  context_->LogRepeated(absl::StrFormat("closing a peer stream from %s: %s", who, why.ToString()));
}

void PeerSessions::OnEnd(PeerInboundStream* stream) {
  const auto it = sessions_.find(stream->id());
  if (it == sessions_.end()) return;
  context_->executor->CancelTimer(it->second.hello_timer);
  const Session ended = std::move(it->second);
  sessions_.erase(it);
  if (ended.believed) owner_->OnSessionEnd(ended.hello->from());
}

}  // namespace quorate::server
