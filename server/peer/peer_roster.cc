#include "server/peer/peer_roster.h"

#include <algorithm>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::server {

PeerRoster::PeerRoster(PeerContext* context) : context_(context) {
  for (const auto& [id, address] : context_->options.peers) Get(id).configured = address;
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
  context_->voters = voters;
  context_->directory.SetVoters(voters);
  voters_.clear();
  for (auto& [id, peer] : peers_) peer.logged.reset();
  for (const raft::Voter& voter : voters.voters()) {
    const NodeId id = voter.key.node_id;
    if (id == context_->options.self.node_id) continue;
    voters_.insert(id);
    Peer& peer = Get(id);
    peer.logged = Parse(id, voter.peer_endpoint);
    // The address may come from an observer with this node id that is not this voter.
    if (peer.said_by != voter.key) peer.said.reset();
  }
  for (const auto& [id, peer] : peers_) Update(id);
  Sweep();
}

absl::Status PeerRoster::OnSessionHello(raft::StreamClass stream, const Hello& hello) {
  const NodeId id = hello.from();
  if (peers_.count(id) == 0) {
    Sweep();
    const auto observers = std::count_if(
        peers_.begin(), peers_.end(), [this](const auto& entry) { return !IsMember(entry.first); });
    if (static_cast<size_t>(observers) >= PeerContext::kMaxObservers) {
      return absl::ResourceExhaustedError(absl::StrFormat(
          "node %d is one observer too many: %d others are already in session with node %d; stop "
          "those that are not needed",
          id.value(), observers, context_->options.self.node_id.value()));
    }
  }
  Peer& peer = Get(id);
  ++peer.sessions;
  // An address that cannot be dialled must not replace one that can.
  if (const auto said = Parse(id, hello.speaker.peer_endpoint)) {
    peer.said = said;
    peer.said_by = hello.speaker.key;
  }
  Update(id);
  peer.state.OnInboundHello(stream, hello);
  return absl::OkStatus();
}

void PeerRoster::OnSessionEnd(NodeId id) {
  --Get(id).sessions;
  Update(id);
  Sweep();
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

bool PeerRoster::IsMember(NodeId id) const {
  return context_->options.peers.count(id) > 0 || voters_.count(id) > 0;
}

std::optional<HostPort> PeerRoster::Parse(NodeId id, const std::string& endpoint) {
  absl::StatusOr<HostPort> address = ParseAdvertised(endpoint);
  if (address.ok()) return *std::move(address);
  context_->LogRepeated(
      absl::StrFormat("node %d advertises its peer listener as '%s', which cannot be dialled: "
                      "correct its peer-advertise",
                      id.value(), absl::CHexEscape(endpoint)));
  return std::nullopt;
}

void PeerRoster::Update(NodeId id) {
  Peer& peer = Get(id);
  std::vector<HostPort> addresses;
  for (const std::optional<HostPort>& address : {peer.configured, peer.said, peer.logged}) {
    const bool is_new =
        address && std::find(addresses.begin(), addresses.end(), *address) == addresses.end();
    if (is_new) addresses.push_back(*address);
  }
  const bool is_wanted = IsMember(id) || peer.sessions > 0;
  const bool dial = running_ && is_wanted && !addresses.empty();
  if (dial) {
    peer.state.SetAddresses(addresses);
    if (!peer.dialled) peer.state.Start();
  } else if (peer.dialled) {
    LOG(INFO) << "node " << id << " is no longer dialled: it is not a voter, and its streams ended";
    peer.state.Retire();
    context_->directory.Forget(id);
  }
  peer.dialled = dial;
}

void PeerRoster::Sweep() {
  std::erase_if(peers_, [this](const auto& entry) {
    const auto& [id, peer] = entry;
    return !IsMember(id) && peer.sessions == 0 && !peer.dialled && peer.state.idle();
  });
}

}  // namespace quorate::server
