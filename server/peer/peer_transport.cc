#include "server/peer/peer_transport.h"

#include <future>
#include <utility>

#include "base/check.h"

namespace quorate::server {

PeerTransport::PeerTransport(PeerTransportOptions options, Executor* executor, Executor* large_loop,
                             const Clock* clock)
    : large_loop_(large_loop),
      context_(std::move(options), executor, clock),
      roster_(&context_),
      sessions_(&context_, this),
      forwarder_(executor, clock, &context_.directory, &context_.registry) {}

PeerTransport::~PeerTransport() { Stop(); }

template <typename Fn>
void PeerTransport::OnLoop(Fn task) {
  if (context_.executor->InLoop()) {
    task();
  } else {
    context_.executor->Post(std::move(task));
  }
}

PeerService* PeerTransport::Serve(ForwardHandler handler) {
  CHECK(!service_ && !started_);
  return &service_.emplace(std::move(handler), &sessions_, context_.executor, large_loop_,
                           context_.clock, &context_.registry);
}

void PeerTransport::Start(raft::TransportEvents* events, std::string peer_endpoint,
                          std::string client_endpoint) {
  CHECK(!started_ && !stopped_);
  started_ = true;
  context_.events = events;
  context_.local_hello.SetEndpoints(std::move(peer_endpoint), std::move(client_endpoint));
  context_.registry.Open();
  context_.executor->Post([this] { roster_.Start(); });
}

void PeerTransport::Stop() {
  if (stopped_) return;
  stopped_ = true;
  if (!started_) return;
  CHECK(!context_.executor->InLoop());
  OnLoopAndWait([this] {
    roster_.Stop();
    sessions_.Stop();
  });
  context_.prober.Stop();
  context_.registry.Shutdown(context_.options.timings.close_grace);
  // Waits for the tasks that were posted before the last call ended.
  OnLoopAndWait([] {});
}

void PeerTransport::Send(NodeId to, raft::Message message) {
  OnLoop([this, to, message = std::move(message)]() mutable {
    if (PeerState* peer = roster_.Find(to); peer != nullptr) peer->Send(std::move(message));
  });
}

void PeerTransport::Reply(raft::SessionId session, raft::Message message) {
  OnLoop([this, session, message = std::move(message)] { sessions_.Reply(session, message); });
}

void PeerTransport::SayGoodbye(raft::GoodbyeReason reason, Epoch epoch) {
  OnLoop([this, goodbye = Goodbye{reason, epoch}] {
    roster_.SayGoodbye(goodbye);
    sessions_.SayGoodbye(goodbye);
  });
}

void PeerTransport::Announce(bool has_log, std::optional<raft::VoterSet> voter_set) {
  // Posted, because the core announces in the middle of a step and must not be notified of streams
  // that end before the step is over.
  if (voter_set) {
    context_.executor->Post([this, voters = *voter_set] {
      roster_.SetVoters(voters);
      sessions_.OnNewVoters();
    });
  }
  context_.local_hello.Announce(has_log, std::move(voter_set));
}

absl::Status PeerTransport::OnSessionHello(raft::StreamClass stream, const Hello& hello) {
  return roster_.OnSessionHello(stream, hello);
}

void PeerTransport::OnSessionEnd(NodeId from) { roster_.OnSessionEnd(from); }

void PeerTransport::OnUnprovenHello(NodeId claimed) {
  if (PeerState* peer = roster_.Find(claimed); peer != nullptr) peer->Wake();
}

void PeerTransport::OnSessionGoodbye(const raft::ReplicaKey& from, const Goodbye& goodbye) {
  if (PeerState* peer = roster_.Find(from.node_id); peer != nullptr) peer->OnGoodbye(from, goodbye);
}

void PeerTransport::OnSessionMessage(const raft::ReplicaKey& from, raft::SessionId session,
                                     raft::Message message) {
  context_.events->OnMessage(from, session, std::move(message));
}

void PeerTransport::OnLoopAndWait(absl::AnyInvocable<void()> task) {
  std::promise<void> done;
  std::future<void> finished = done.get_future();
  context_.executor->Post([&task, done = std::move(done)]() mutable {
    task();
    done.set_value();
  });
  finished.wait();
}

}  // namespace quorate::server
