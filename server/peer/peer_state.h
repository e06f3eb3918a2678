// The state of one peer: our streams to it, whether it is dead, and its last Goodbye. It is
// separate from PeerLink because a Hello or Goodbye counts on streams of both directions, while
// only the end of our own control stream can mean death.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/peer/peer_link.h"

namespace quorate::server {

// Lives on the raft loop.
class PeerState final : private PeerLink::Owner {
 public:
  PeerState(PeerContext* context, NodeId id);

  // See PeerLink::SetAddresses. Call once before Start.
  void SetAddresses(const std::vector<HostPort>& addresses);
  void Start();
  // Stops reporting events and stops dialling. The streams stay open until the registry ends them.
  void Stop();
  // Ends our streams to the peer and stops dialling it until Start is called again.
  void Retire();

  // Sends the message on our own stream of its class, a Goodbye on the control stream. Drops it if
  // that stream is not up.
  void Send(raft::Message message);
  void Send(const Goodbye& goodbye);

  // The peer has opened a stream to us and said Hello, or has said Goodbye on it.
  void OnInboundHello(raft::StreamClass stream, const Hello& hello);
  void OnGoodbye(const raft::ReplicaKey& from, const Goodbye& goodbye);
  // Ends the back-off of each link that is in it (PeerLink::Wake).
  void Wake();

  // Returns whether the peer is retired and no callback to it is pending, so that it may be
  // destroyed.
  bool idle() const { return control_.idle() && append_.idle() && snapshot_.idle(); }

 private:
  // PeerLink::Owner
  void OnLinkUp(raft::StreamClass stream, const Hello& hello,
                const std::shared_ptr<grpc::Channel>& channel) override;
  void OnLinkDown(raft::StreamClass stream, bool by_us) override;
  void OnLinkFailed(raft::StreamClass stream, const std::string& why) override;
  void OnLinkRefused() override;
  void OnLinkGoodbye(const Goodbye& goodbye) override;
  void OnLinkMessage(raft::Message message) override;

  // A control stream in either direction has begun.
  void OnSession(const Hello& hello);
  PeerLink& LinkOf(raft::StreamClass stream);
  void DeclareDead();
  void CancelDeath();

  PeerContext* const context_;
  const NodeId id_;
  // Its streams also hold it.
  const std::shared_ptr<PeerMetrics> metrics_ = std::make_shared<PeerMetrics>();
  // The replica that answered last on our control stream.
  std::optional<raft::ReplicaKey> key_;
  PeerLink control_;
  PeerLink append_;
  PeerLink snapshot_;
  // The replica that answered last on our own stream of each class.
  std::map<raft::StreamClass, raft::ReplicaKey> answerers_;
  // Runs after our control stream broke; when it fires, the peer is declared dead. Only a new
  // control stream of ours cancels it: a stream that the peer opened may have been on its way when
  // the peer died.
  TimerId death_timer_ = kNoTimer;
  // Goodbye{reconnecting|stopping} arrived on our control stream, so the end of that stream is not
  // a death. (After Goodbye{resigned} the peer lives on, and may die later.)
  bool end_is_announced_ = false;
  // Used to report a Goodbye once, although it arrives on the control streams of both directions.
  std::optional<std::pair<raft::ReplicaKey, Goodbye>> last_goodbye_;
};

}  // namespace quorate::server
