// Keeps the streams that peers opened to us. Decides which node is at the other end of each and
// whether its Hello is believed, and sends responses back on them.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "base/executor.h"
#include "server/peer/peer_context.h"
#include "server/peer/peer_inbound_stream.h"

namespace quorate::server {

// Lives on the raft loop.
class PeerSessions final : public PeerInboundStream::Owner {
 public:
  class Owner {
   public:
    // A peer has opened a stream to us, and its Hello is accepted and believed (peer_trust.h).
    // Called at once, or when a later voter set names its replica. An error refuses the stream.
    // Otherwise OnSessionEnd follows once.
    virtual absl::Status OnSessionHello(raft::StreamClass stream, const Hello& hello) = 0;
    virtual void OnSessionEnd(NodeId from) = 0;
    // A stream was opened under a peer's node id, but nothing proves that the peer opened it.
    virtual void OnUnprovenHello(NodeId claimed) = 0;
    virtual void OnSessionGoodbye(const raft::ReplicaKey& from, const Goodbye& goodbye) = 0;
    virtual void OnSessionMessage(const raft::ReplicaKey& from, raft::SessionId session,
                                  raft::Message message) = 0;

   protected:
    ~Owner() = default;
  };

  PeerSessions(PeerContext* context, Owner* owner) : context_(context), owner_(owner) {}

  // Stops calling the owner. The registry ends the streams.
  void Stop();

  // The voter set has changed, so Hellos that were not believed are judged again.
  void OnNewVoters();

  // Sends a response on the stream `session`. Drops it if the session has ended, or if the response
  // belongs on a stream of another class.
  void Reply(raft::SessionId session, const raft::Message& message);
  // Sends it on every control stream.
  void SayGoodbye(const Goodbye& goodbye);

  // PeerInboundStream::Owner
  void OnOpened(std::shared_ptr<PeerInboundStream> stream) override;
  void OnPayload(PeerInboundStream* stream, PeerPayload payload) override;
  void OnMalformed(PeerInboundStream* stream, absl::Status why) override;
  void OnEnd(PeerInboundStream* stream) override;

 private:
  struct Session {
    std::shared_ptr<PeerInboundStream> stream;
    // Set once the Hello has arrived and is accepted.
    std::optional<Hello> hello;
    // The stream is being ended; further messages on it are ignored.
    bool refused = false;
    // It is counted in PeerContext::incarnations.
    bool holds_incarnation = false;
    // The owner was notified of the Hello.
    bool believed = false;
    TimerId hello_timer = kNoTimer;
  };

  // The most streams that are not known to come from voters. Beyond it, a new stream ends the
  // oldest of them, so that unknown peers cannot keep the voters out.
  static constexpr size_t kMaxUnknownStreams = 256;

  void OnHello(Session& session, const Hello& hello);
  // Returns OK if the Hello is meant for this node and, with TLS, the certificate says the same.
  absl::Status Check(const Session& session, const Hello& hello) const;
  // Returns OK unless another process of the same replica is in session.
  absl::Status CheckIncarnation(const Session& session, const Hello& hello);
  // Ends streams of replica `key` that were opened by an incarnation other than this one: only its
  // control streams, or all.
  void EndOthers(const raft::ReplicaKey& key, uint64_t incarnation, bool only_control,
                 const absl::Status& why);
  // Notifies the owner of the Hello if it is believed. Returns false if the stream was refused.
  bool Believe(Session& session);
  void Refuse(Session& session, StreamRefusal reason, const absl::Status& why);
  void Count(StreamRefusal reason) { context_->refusals[static_cast<size_t>(reason)].Add(); }
  void EndOldestUnknownStream();

  PeerContext* const context_;
  Owner* const owner_;
  bool stopped_ = false;
  std::map<raft::SessionId, Session> sessions_;
};

}  // namespace quorate::server
