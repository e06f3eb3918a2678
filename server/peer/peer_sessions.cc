#include "server/peer/peer_sessions.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/overloaded.h"
#include "server/peer/peer_certificates.h"

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
  EndOldestUnknownStream();
  Session& session = sessions_[stream->id()];
  session.stream = std::move(stream);
  session.hello_timer =
      context_->executor->PostAt(context_->clock->Now() + context_->options.timings.hello_timeout,
                                 [this, silent = session.stream] {
                                   Count(StreamRefusal::kSilent);
                                   silent->Refuse(absl::DeadlineExceededError("no Hello arrived"));
                                 });
}

void PeerSessions::OnPayload(PeerInboundStream* stream, PeerPayload payload) {
  const auto it = sessions_.find(stream->id());
  if (it == sessions_.end()) return;
  Session& session = it->second;
  if (const auto* hello = std::get_if<Hello>(&payload)) {
    OnHello(session, *hello);
    return;
  }
  if (!session.hello || session.refused) return;
  const raft::ReplicaKey& from = session.hello->speaker.key;
  std::visit(Overloaded{[](const Hello&) {},
                        [&](const Goodbye& goodbye) {
                          // An unknown peer must not stop an election or start one.
                          if (context_->Trust(from) == PeerTrust::kUnproven) return;
                          owner_->OnSessionGoodbye(from, goodbye);
                        },
                        [&](raft::Message& message) {
                          owner_->OnSessionMessage(from, stream->id(), std::move(message));
                        }},
             payload);
}

void PeerSessions::OnHello(Session& session, const Hello& hello) {
  context_->executor->CancelTimer(session.hello_timer);
  session.hello_timer = kNoTimer;
  if (const absl::Status checked = Check(session, hello); !checked.ok()) {
    return Refuse(session, StreamRefusal::kHello, checked);
  }
  const absl::Status is_only_one = CheckIncarnation(session, hello);
  if (!is_only_one.ok()) {
    Count(StreamRefusal::kOtherProcess);
    context_->LogRepeatedError(std::string(is_only_one.message()));
    session.stream->Refuse(is_only_one);
    return;
  }
  session.hello = hello;
  session.holds_incarnation = session.stream->stream_class() == raft::StreamClass::kControl;
  if (!Believe(session)) return;
  session.stream->Send(context_->local_hello.To(hello.from()));
}

absl::Status PeerSessions::Check(const Session& session, const Hello& hello) const {
  RETURN_IF_ERROR(CheckHello(hello, context_->policy));
  if (context_->options.tls == nullptr) return absl::OkStatus();
  return CheckCertificate(hello, session.stream->caller().value_or(security::CertificateNames()),
                          *context_->options.identities);
}

absl::Status PeerSessions::CheckIncarnation(const Session& session, const Hello& hello) {
  using Verdict = PeerIncarnations::Verdict;
  PeerIncarnations& incarnations = context_->incarnations;
  const raft::ReplicaKey& key = hello.speaker.key;
  const MonoTime now = context_->clock->Now();
  const std::string where = absl::StrFormat("%s (connected from %s)", hello.speaker.peer_endpoint,
                                            session.stream->remote_host());
  const std::optional<std::string> first = incarnations.OtherInSession(key, hello.incarnation, now);
  absl::Status refusal;
  if (first) refusal = absl::AlreadyExistsError(TwoProcessesText(key, *first, where));
  if (session.stream->stream_class() != raft::StreamClass::kControl) return refusal;
  switch (incarnations.OnControlHello(key, hello.incarnation, where, now)) {
    case Verdict::kAccept:
      return absl::OkStatus();
    case Verdict::kReplace:
      EndOthers(key, hello.incarnation, /*only_control=*/false,
                absl::AbortedError("a newer process of this replica took its place"));
      return absl::OkStatus();
    case Verdict::kRefuse:
      return refusal;
    case Verdict::kTest:
      EndOthers(key, hello.incarnation, /*only_control=*/true, refusal);
      return refusal;
  }
  LOG(FATAL) << "no such verdict";
}

void PeerSessions::EndOthers(const raft::ReplicaKey& key, uint64_t incarnation, bool only_control,
                             const absl::Status& why) {
  std::vector<std::shared_ptr<PeerInboundStream>> others;
  for (const auto& [id, session] : sessions_) {
    const bool is_other = session.hello && session.hello->speaker.key == key &&
                          session.hello->incarnation != 0 &&
                          session.hello->incarnation != incarnation;
    const bool is_control = session.stream->stream_class() == raft::StreamClass::kControl;
    if (is_other && (is_control || !only_control)) others.push_back(session.stream);
  }
  for (const auto& stream : others) {
    stream->Refuse(why);
    OnEnd(stream.get());  // gRPC would report the end of a dead connection much later
  }
}

bool PeerSessions::Believe(Session& session) {
  const Hello& hello = *session.hello;
  if (context_->Trust(hello.speaker.key) == PeerTrust::kUnproven) {
    owner_->OnUnprovenHello(hello.from());
    return true;
  }
  const absl::Status accepted = owner_->OnSessionHello(session.stream->stream_class(), hello);
  session.believed = accepted.ok();
  if (accepted.ok()) {
    session.stream->CountIn(context_->directory.Metrics(hello.from()));
    return true;
  }
  Refuse(session, StreamRefusal::kTooMany, accepted);
  return false;
}

void PeerSessions::OnNewVoters() {
  for (auto& [id, session] : sessions_) {
    if (session.hello && !session.believed && !session.refused) Believe(session);
  }
}

void PeerSessions::Refuse(Session& session, StreamRefusal reason, const absl::Status& why) {
  Count(reason);
  context_->LogRepeated(absl::StrFormat("refused a peer stream: %s", std::string(why.message())));
  session.refused = true;
  session.stream->Refuse(why);
}

void PeerSessions::EndOldestUnknownStream() {
  size_t unknown = 0;
  std::shared_ptr<PeerInboundStream> oldest;
  for (const auto& [id, session] : sessions_) {
    if (session.hello && context_->Trust(session.hello->speaker.key) == PeerTrust::kVoter) continue;
    if (++unknown == 1) oldest = session.stream;
  }
  if (unknown < kMaxUnknownStreams) return;
  Count(StreamRefusal::kTooMany);
  context_->LogRepeated("too many peer streams from unknown peers: ending the oldest");
  oldest->Cancel();
  OnEnd(oldest.get());
}

void PeerSessions::OnMalformed(PeerInboundStream* stream, absl::Status why) {
  const auto it = sessions_.find(stream->id());
  if (it == sessions_.end()) return;
  Count(StreamRefusal::kMalformed);
  const std::string who = it->second.hello
                              ? absl::StrFormat("node %d", it->second.hello->from().value())
                              : "an unknown peer";
  context_->LogRepeated(absl::StrFormat("closing a peer stream from %s: %s", who, why.ToString()));
}

void PeerSessions::OnEnd(PeerInboundStream* stream) {
  const auto it = sessions_.find(stream->id());
  if (it == sessions_.end()) return;
  context_->executor->CancelTimer(it->second.hello_timer);
  const Session ended = std::move(it->second);
  sessions_.erase(it);
  if (ended.holds_incarnation) {
    context_->incarnations.OnControlEnd(ended.hello->speaker.key, ended.hello->incarnation,
                                        context_->clock->Now());
  }
  if (ended.believed) owner_->OnSessionEnd(ended.hello->from());
}

}  // namespace quorate::server
