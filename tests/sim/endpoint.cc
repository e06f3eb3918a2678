#include "tests/sim/endpoint.h"

#include <algorithm>

namespace quorate::sim {
namespace {

using Way = Connection::Way;
using State = Connection::State;
using raft::StreamClass;

// The same values as in server/peer/peer_options.h.
constexpr Duration kDeathGrace = std::chrono::milliseconds(5);
constexpr Duration kRedialMin = std::chrono::milliseconds(20);
constexpr Duration kRedialMax = std::chrono::seconds(1);
constexpr Duration kConnectTimeout = std::chrono::seconds(1);

}  // namespace

Endpoint::Endpoint(Network* network, Actor* actor, raft::PeerHello hello,
                   std::function<void()> after_call, bool listens)
    : network_(*network),
      actor_(actor),
      hello_(std::move(hello)),
      after_call_(std::move(after_call)),
      listens_(listens) {
  for (const NodeId peer : hello_.configured_voters) {
    if (peer != id()) peers_[peer];
  }
}

void Endpoint::Start(raft::TransportEvents* events) {
  events_ = events;
  if (listens_) network_.SetProcess(id(), this);
  for (const auto& [peer, state] : peers_) Update(peer);
}

void Endpoint::Crash() {
  dead_ = true;
  if (network_.ProcessOf(id()) == this) network_.SetProcess(id(), nullptr);
  for (auto& [peer, state] : peers_) {
    for (Link& link : state.links) {
      if (Connection* connection = std::exchange(link.connection, nullptr)) HangUp(connection);
    }
    for (Connection* connection : std::exchange(state.inbound, {})) {
      connection->acceptor = nullptr;
      network_.Carry(connection, Way::kBack, [connection] {
        Endpoint* dialler = connection->dialler;
        dialler->WhenRunning([=] { dialler->Break(connection); });
      });
    }
  }
}

// The Transport port.

void Endpoint::Send(NodeId to, raft::Message message) {
  if (dead_) return;
  if (peers_.contains(to)) {
    Connection* connection = LinkOf(to, StreamOf(message)).connection;
    if (connection != nullptr && connection->state == State::kUp) {
      network_.Send(connection, Way::kForth, std::move(message));
    }
  }
  after_call_();
}

void Endpoint::Reply(raft::SessionId session, raft::Message message) {
  if (dead_) return;
  Connection* connection = network_.Find(session);
  if (connection->acceptor == this) network_.Send(connection, Way::kBack, std::move(message));
  after_call_();
}

void Endpoint::SayGoodbye(raft::GoodbyeReason reason, Epoch epoch) {
  if (dead_) return;
  const Goodbye goodbye{.from = hello_.key, .reason = reason, .epoch = epoch};
  for (auto& [peer, state] : peers_) {
    Connection* own = state.links[static_cast<size_t>(StreamClass::kControl)].connection;
    if (own != nullptr && own->state == State::kUp) {
      network_.Carry(own, Way::kForth, [own, goodbye] {
        Endpoint* to = own->acceptor;
        if (to) to->WhenRunning([=] { to->OnGoodbye(goodbye, /*on_our_own=*/false); });
      });
    }
    for (Connection* inbound : state.inbound) {
      if (inbound->stream != StreamClass::kControl) continue;
      network_.Carry(inbound, Way::kBack, [inbound, goodbye] {
        Endpoint* to = inbound->dialler;
        if (inbound->state != State::kUp) return;
        to->WhenRunning([=] { to->OnGoodbye(goodbye, /*on_our_own=*/true); });
      });
    }
  }
  after_call_();
}

void Endpoint::Announce(bool has_log, std::optional<raft::VoterSet> voter_set) {
  // Runs later: the core calls this during a step, in which it must not receive events about ending
  // streams.
  if (voter_set) WhenRunning([this, voters = *voter_set] { SetVoters(voters); });
  hello_.has_log = has_log;
  hello_.voter_set = std::move(voter_set);
  if (events_ != nullptr && !dead_) after_call_();
}

// The peers to dial.

void Endpoint::SetVoters(const raft::VoterSet& voters) {
  voters_.clear();
  for (const NodeId peer : voters.NodeIds()) {
    if (peer == id()) continue;
    voters_.insert(peer);
    peers_[peer];
  }
  for (const auto& [peer, state] : peers_) Update(peer);
}

bool Endpoint::IsWanted(NodeId peer) const {
  const std::vector<NodeId>& configured = hello_.configured_voters;
  return std::find(configured.begin(), configured.end(), peer) != configured.end() ||
         voters_.contains(peer) || !peers_.at(peer).inbound.empty();
}

void Endpoint::Update(NodeId peer) {
  Peer& state = peers_.at(peer);
  const bool is_wanted = IsWanted(peer);
  if (dead_ || std::exchange(state.is_dialled, is_wanted) == is_wanted) return;
  if (!is_wanted) return Retire(peer);
  for (const StreamClass stream : raft::kStreamClasses) Dial(peer, stream);
}

void Endpoint::Retire(NodeId peer) {
  network_.scheduler().Cancel(std::exchange(peers_.at(peer).death, kNoTimer));
  for (const StreamClass stream : raft::kStreamClasses) {
    Link& link = LinkOf(peer, stream);
    network_.scheduler().Cancel(std::exchange(link.redial, kNoTimer));
    Connection* connection = std::exchange(link.connection, nullptr);
    if (connection == nullptr) continue;
    const bool was_up = connection->state == State::kUp;
    HangUp(connection);
    if (was_up && !dead_) events_->OnStreamDown(peer, stream);
  }
}

// Streams that this endpoint opened.

void Endpoint::Dial(NodeId peer, StreamClass stream) {
  Link& link = LinkOf(peer, stream);
  network_.scheduler().Cancel(std::exchange(link.redial, kNoTimer));
  Connection* connection = link.connection = network_.Open(this, peer, stream);
  network_.Carry(connection, Way::kForth, [this, connection, hello = hello_] {
    Endpoint* acceptor = network_.ProcessOf(connection->to);
    if (acceptor == nullptr) {
      network_.Carry(connection, Way::kBack, [this, connection] {
        WhenRunning([this, connection] { OnDialFailed(connection, /*refused=*/true); });
      });
      return;
    }
    acceptor->WhenRunning([=] { acceptor->Accept(connection, hello); });
  });
  network_.scheduler().After(
      kConnectTimeout,
      [this, connection] {
        // The dial may still reach the peer, which then has a connection without a dialler.
        OnDialFailed(connection, /*refused=*/false);
      },
      actor_);
}

void Endpoint::HangUp(Connection* connection) {
  connection->state = State::kClosed;
  network_.Carry(connection, Way::kForth, [connection] {
    Endpoint* acceptor = connection->acceptor;
    if (acceptor) acceptor->WhenRunning([=] { acceptor->Forget(connection); });
  });
}

void Endpoint::OnAccepted(Connection* connection, const raft::PeerHello& hello) {
  // The dial has already timed out here.
  if (connection->state == State::kClosed) return HangUp(connection);
  connection->state = State::kUp;
  const NodeId peer = connection->to;
  Link& link = LinkOf(peer, connection->stream);
  link.backoff = Duration(0);
  link.answerer = hello.key;
  if (connection->stream == StreamClass::kControl) {
    Peer& state = peers_.at(peer);
    network_.scheduler().Cancel(std::exchange(state.death, kNoTimer));
    state.end_is_announced = false;
    OnHello(hello);
  }
  if (!dead_) events_->OnStreamUp(peer, connection->stream, hello.key);
}

void Endpoint::OnDialFailed(Connection* connection, bool refused) {
  if (connection->state != State::kDialling) return;
  connection->state = State::kClosed;
  const NodeId peer = connection->to;
  const StreamClass stream = connection->stream;
  Link& link = LinkOf(peer, stream);
  link.connection = nullptr;
  link.backoff = std::clamp(link.backoff * 2, kRedialMin, kRedialMax);
  link.redial = network_.scheduler().After(
      link.backoff, [this, peer, stream] { Dial(peer, stream); }, actor_);
  if (refused && peers_.at(peer).death != kNoTimer) DeclareDead(peer);
}

void Endpoint::Break(Connection* connection) {
  const State before = std::exchange(connection->state, State::kClosed);
  if (before == State::kClosed) return;
  const NodeId peer = connection->to;
  const StreamClass stream = connection->stream;
  // The other end may notice this only later, and still read messages in flight.
  network_.scheduler().After(
      Duration(network_.rng().Below(static_cast<uint64_t>(network_.options().stale_max.count()))),
      [connection] {
        Endpoint* acceptor = connection->acceptor;
        if (acceptor) acceptor->WhenRunning([=] { acceptor->Forget(connection); });
      });
  Dial(peer, stream);
  if (before != State::kUp) return;
  Peer& state = peers_.at(peer);
  if (stream == StreamClass::kControl && !state.end_is_announced) {
    state.death = network_.scheduler().After(
        kDeathGrace, [this, peer] { DeclareDead(peer); }, actor_);
  }
  events_->OnStreamDown(peer, stream);
}

void Endpoint::DeclareDead(NodeId peer) {
  network_.scheduler().Cancel(std::exchange(peers_.at(peer).death, kNoTimer));
  events_->OnPeerDead(peer);
}

// Streams that peers opened.

void Endpoint::Accept(Connection* connection, const raft::PeerHello& hello) {
  const NodeId peer = hello.key.node_id;
  connection->acceptor = this;
  peers_[peer].inbound.push_back(connection);
  network_.Carry(connection, Way::kBack, [connection, answer = hello_] {
    Endpoint* dialler = connection->dialler;
    dialler->WhenRunning([=] { dialler->OnAccepted(connection, answer); });
  });
  Update(peer);
  if (connection->stream == StreamClass::kControl) OnHello(hello);
  // The peer is up, so pending redials happen at once.
  for (const StreamClass stream : raft::kStreamClasses) {
    if (!dead_ && LinkOf(peer, stream).redial != kNoTimer) Dial(peer, stream);
  }
}

std::vector<const Connection*> Endpoint::Inbound() const {
  std::vector<const Connection*> all;
  for (const auto& [peer, state] : peers_) {
    all.insert(all.end(), state.inbound.begin(), state.inbound.end());
  }
  return all;
}

void Endpoint::Forget(Connection* connection) {
  connection->acceptor = nullptr;
  const NodeId peer = connection->dialler->id();
  std::erase(peers_.at(peer).inbound, connection);
  Update(peer);
}

// Incoming messages.

void Endpoint::OnMessage(Connection* connection, Way way, raft::Message message) {
  if (way == Way::kForth) {
    if (connection->acceptor != this) return;
    events_->OnMessage(connection->dialler->hello_.key, connection->id, std::move(message));
  } else if (connection->state == State::kUp) {
    const Link& link = LinkOf(connection->to, connection->stream);
    events_->OnMessage(link.answerer, 0, std::move(message));
  }
}

void Endpoint::OnHello(const raft::PeerHello& hello) {
  peers_.at(hello.key.node_id).last_goodbye.reset();
  events_->OnPeerHello(hello);
}

void Endpoint::OnGoodbye(const Goodbye& goodbye, bool on_our_own) {
  Peer& state = peers_.at(goodbye.from.node_id);
  if (on_our_own && goodbye.reason != raft::GoodbyeReason::kResigned) state.end_is_announced = true;
  if (state.last_goodbye == goodbye) return;
  state.last_goodbye = goodbye;
  events_->OnGoodbye(goodbye.from, goodbye.reason, goodbye.epoch);
}

void Endpoint::BreakAll(NodeId peer) {
  if (!peers_.contains(peer)) return;
  for (const StreamClass stream : raft::kStreamClasses) {
    Connection* connection = LinkOf(peer, stream).connection;
    if (connection != nullptr && connection->state == State::kUp) Break(connection);
  }
}

}  // namespace quorate::sim
