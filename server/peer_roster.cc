#include "server/peer_roster.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::server {

PeerRoster::PeerRoster(PeerContext* context) : context_(context) {
  for (const auto& [id, address] : context_->options.peers) Get(id).address = address;
}

void PeerRoster::Start() {
  running_ = true;
  for (const auto& [id, peer] : peers_) Update(id);
}

void PeerRoster::Stop() {
  running_ = false;
  for (auto& [id, peer] : peers_) {
    peer.state.Stop();
    peer.dialled = false;
  }
}

void PeerRoster::SetVoters(const raft::VoterSet& voters) {
  voters_.clear();
  for (const raft::Voter& voter : voters.voters()) {
    const NodeId id = voter.key.node_id;
    if (id == context_->options.self.node_id) continue;
    voters_.insert(id);
    // What it said of itself is newer.
    if (!Get(id).address) Locate(id, voter.peer_endpoint);
  }
  for (const auto& [id, peer] : peers_) Update(id);
}

void PeerRoster::OnSessionHello(raft::StreamClass stream, const Hello& hello) {
  Peer& peer = Get(hello.from());
  ++peer.sessions;
  Locate(hello.from(), hello.speaker.peer_endpoint);
  Update(hello.from());
  peer.state.OnInboundHello(stream, hello);
}

void PeerRoster::OnSessionEnd(NodeId id) {
  --Get(id).sessions;
  Update(id);
}

PeerState* PeerRoster::Find(NodeId peer) {
  const auto it = peers_.find(peer);
  return it == peers_.end() ? nullptr : &it->second.state;
}

void PeerRoster::SayGoodbye(const Goodbye& goodbye) {
  for (auto& [id, peer] : peers_) peer.state.Send(goodbye);
}

PeerRoster::Peer& PeerRoster::Get(NodeId id) {
  return peers_.try_emplace(id, context_, id).first->second;
}

void PeerRoster::Locate(NodeId id, const std::string& endpoint) {
  if (context_->options.peers.count(id) > 0) return;
  const absl::StatusOr<HostPort> address = ParseAdvertised(endpoint);
  if (!address.ok()) {
    context_->LogRepeated(absl::StrFormat(
        "node %d, which is in no voter list here, says that its peer listener is '%s', where it "
        "cannot be dialled: correct its peer-advertise",
        id.value(), absl::CHexEscape(endpoint)));
    return;
  }
  Get(id).address = *address;
}

void PeerRoster::Update(NodeId id) {
  Peer& peer = Get(id);
  const bool is_wanted =
      context_->options.peers.count(id) > 0 || voters_.count(id) > 0 || peer.sessions > 0;
  const bool dial = running_ && is_wanted && peer.address;
  if (dial) {
    peer.state.SetAddress(*peer.address);
    if (!peer.dialled) peer.state.Start();
  } else if (peer.dialled) {
    LOG(INFO) << "node " << id << " is no longer dialled: it is no voter, and has gone";
    peer.state.Retire();
  }
  peer.dialled = dial;
}

}  // namespace quorate::server
