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
    // A peer opened a stream to us, and both sides said Hello. Each such stream ends once.
    virtual void OnSessionHello(raft::StreamClass stream, const Hello& hello) = 0;
    virtual void OnSessionEnd(NodeId from) = 0;
    virtual void OnSessionGoodbye(NodeId from, const Goodbye& goodbye) = 0;
    virtual void OnSessionMessage(NodeId from, raft::SessionId session, raft::Message message) = 0;

   protected:
    ~Owner() = default;
  };

  PeerSessions(PeerContext* context, Owner* owner) : context_(context), owner_(owner) {}

  // Tells its owner nothing any more; the registry ends the streams.
  void Stop();

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
    // Until Hello came and was accepted.
    std::optional<NodeId> peer;
    TimerId hello_timer = kNoTimer;
  };

  void OnHello(Session& session, const Hello& hello);

  PeerContext* const context_;
  Owner* const owner_;
  bool stopped_ = false;
  std::map<raft::SessionId, Session> sessions_;
};

}  // namespace quorate::server
