// One peer as the raft loop sees it: our streams to it, its death, its Goodbye. Apart from the
// links because a Hello and a Goodbye count in both directions, and death belongs to one of them.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/peer_link.h"

namespace quorate::server {

// Lives on the raft loop.
class PeerState final : private PeerLink::Owner {
 public:
  PeerState(PeerContext* context, NodeId id);

  // Where it is dialled from the next time on; once before Start (PeerLink::SetAddresses).
  void SetAddresses(const std::vector<HostPort>& addresses);
  void Start();
  // Tells nothing any more.
  void Stop();
  // Ends our streams to it and dials it no more, until it is started again.
  void Retire();

  // On our own stream of the payload's class; dropped unless it is up. Goodbye: on the control one.
  void Send(raft::Message message);
  void Send(const Goodbye& goodbye);

  // The peer opened a stream to us and said Hello, or said Goodbye on it.
  void OnInboundHello(raft::StreamClass stream, const Hello& hello);
  void OnGoodbye(const raft::ReplicaKey& from, const Goodbye& goodbye);
  // Dials it now, if we wait for it.
  void Wake();

  // Retired, and nothing is under way that would come back to it: it may be destroyed.
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

  // A control stream, of either direction, began.
  void OnSession(const Hello& hello);
  PeerLink& LinkOf(raft::StreamClass stream);
  void DeclareDead();
  void CancelDeath();

  PeerContext* const context_;
  const NodeId id_;
  // Who answered last on our control stream.
  std::optional<raft::ReplicaKey> key_;
  PeerLink control_;
  PeerLink append_;
  PeerLink snapshot_;
  // Who answers on our own streams, or did last, by class.
  std::map<raft::StreamClass, raft::ReplicaKey> answerers_;
  // Our control stream broke; when the timer fires the peer is dead. (Only that stream's return
  // prevents it: a stream that the peer opened may have been on its way when the peer died.)
  TimerId death_timer_ = kNoTimer;
  // Goodbye{reconnecting|stopping} came on our control stream: its end is no death. (After
  // `resigned` the peer lives on, and may die later.)
  bool end_is_announced_ = false;
  // Told once, though it comes on the control streams of both directions.
  std::optional<std::pair<raft::ReplicaKey, Goodbye>> last_goodbye_;
};

}  // namespace quorate::server
