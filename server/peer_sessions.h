// The streams that peers opened to us: who is at their other ends, and the way back for answers.
#pragma once

#include <map>
#include <memory>
#include <optional>

#include "base/executor.h"
#include "server/peer_context.h"
#include "server/peer_inbound_stream.h"

namespace quorate::server {

// Lives on the raft loop.
class PeerSessions final : public PeerInboundStream::Owner {
 public:
  class Owner {
   public:
    // A peer opened a stream to us, both sides said Hello, and this one is believed (peer_trust.h):
    // at once, or when a later voter set names its replica. An error refuses the stream; any other
    // one ends once.
    virtual absl::Status OnSessionHello(raft::StreamClass stream, const Hello& hello) = 0;
    virtual void OnSessionEnd(NodeId from) = 0;
    // A stream was opened under the node id of a peer, perhaps not by it.
    virtual void OnUnprovenHello(NodeId claimed) = 0;
    virtual void OnSessionGoodbye(const raft::ReplicaKey& from, const Goodbye& goodbye) = 0;
    virtual void OnSessionMessage(const raft::ReplicaKey& from, raft::SessionId session,
                                  raft::Message message) = 0;

   protected:
    ~Owner() = default;
  };

  PeerSessions(PeerContext* context, Owner* owner) : context_(context), owner_(owner) {}

  // Tells its owner nothing any more; the registry ends the streams.
  void Stop();

  // The voter set has changed: a Hello may be believed now.
  void OnNewVoters();

  // Dropped if the session is gone, or if the answer belongs on a stream of another class.
  void Reply(raft::SessionId session, const raft::Message& message);
  // On every control stream.
  void SayGoodbye(const Goodbye& goodbye);

  // PeerInboundStream::Owner
  void OnOpened(std::shared_ptr<PeerInboundStream> stream) override;
  void OnPayload(PeerInboundStream* stream, PeerPayload payload) override;
  void OnMalformed(PeerInboundStream* stream, absl::Status why) override;
  void OnEnd(PeerInboundStream* stream) override;

 private:
  struct Session {
    std::shared_ptr<PeerInboundStream> stream;
    // Nothing until it came and was accepted.
    std::optional<Hello> hello;
    // The stream is being ended; what still comes on it is not looked at.
    bool refused = false;
    // It counts in PeerContext::incarnations.
    bool holds_incarnation = false;
    // The owner was told of the Hello.
    bool believed = false;
    TimerId hello_timer = kNoTimer;
  };

  // Streams that no voter opened, as far as is known. For a new one the oldest is ended, so that
  // strangers cannot keep the peers out.
  static constexpr size_t kMaxStrangers = 256;

  void OnHello(Session& session, const Hello& hello);
  // OK unless another process of the same replica is in session.
  absl::Status CheckIncarnation(const Session& session, const Hello& hello);
  // Ends the streams of `key` that another incarnation than this one opened: the control streams,
  // or all.
  void EndOthers(const raft::ReplicaKey& key, uint64_t incarnation, bool only_control,
                 const absl::Status& why);
  // Tells the owner of the Hello if it is believed. False: the stream was refused.
  bool Believe(Session& session);
  void Refuse(Session& session, const absl::Status& why);
  void EndOldestStranger();

  PeerContext* const context_;
  Owner* const owner_;
  bool stopped_ = false;
  std::map<raft::SessionId, Session> sessions_;
};

}  // namespace quorate::server
