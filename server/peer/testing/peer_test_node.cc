#include "server/peer/testing/peer_test_node.h"

#include <algorithm>
#include <future>
#include <thread>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "grpcpp/server_builder.h"
#include "server/peer/peer_channel.h"
#include "server/security/server_credentials.h"

namespace quorate::server {
namespace {

const char* ToText(raft::GoodbyeReason reason) {
  switch (reason) {
    case raft::GoodbyeReason::kReconnecting:
      return "reconnecting";
    case raft::GoodbyeReason::kResigned:
      return "resigned";
    case raft::GoodbyeReason::kStopping:
      return "stopping";
  }
  return "?";
}

PeerTransportOptions OptionsOf(const PeerTestNode::Config& config,
                               const security::IdentityMap* identities) {
  return {.cluster_id = config.cluster_id,
          .self = {config.id, TestDirectory(config.id)},
          .peers = config.peers,
          .observer = config.observer,
          .tls = config.tls,
          .identities = identities,
          .max_metadata_version = config.max_metadata_version,
          .timings = config.timings};
}

}  // namespace

Uuid TestDirectory(NodeId id) {
  return *Uuid::FromBytes(std::string(Uuid::kBytes, static_cast<char>(id.value())));
}

raft::VoterSet TestVoters(const std::vector<NodeId>& ids) {
  std::vector<raft::Voter> voters;
  for (const NodeId id : ids) voters.push_back({.key = {id, TestDirectory(id)}});
  return raft::VoterSet(std::move(voters));
}

void RecordingEvents::SetOnMessage(std::function<void(const Received&)> on_message) {
  MutexLock lock(&mutex_);
  on_message_ = std::move(on_message);
}

size_t RecordingEvents::Count(const std::string& line) const {
  MutexLock lock(&mutex_);
  return static_cast<size_t>(std::count(lines_.begin(), lines_.end(), line));
}

std::vector<std::string> RecordingEvents::Lines() const {
  MutexLock lock(&mutex_);
  return lines_;
}

std::vector<RecordingEvents::Received> RecordingEvents::Messages() const {
  MutexLock lock(&mutex_);
  return messages_;
}

std::optional<raft::PeerHello> RecordingEvents::LastHello(NodeId from) const {
  MutexLock lock(&mutex_);
  const auto it = hellos_.find(from);
  return it == hellos_.end() ? std::nullopt : std::make_optional(it->second);
}

bool RecordingEvents::Await(const std::string& line, size_t times) const {
  const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
  MutexLock lock(&mutex_);
  while (static_cast<size_t>(std::count(lines_.begin(), lines_.end(), line)) < times) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    changed_.WaitUntil(&mutex_, deadline);
  }
  return true;
}

bool RecordingEvents::AwaitMessages(size_t count) const {
  const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
  MutexLock lock(&mutex_);
  while (messages_.size() < count) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    changed_.WaitUntil(&mutex_, deadline);
  }
  return true;
}

void RecordingEvents::OnMessage(raft::ReplicaKey from, raft::SessionId session,
                                raft::Message message) {
  std::function<void(const Received&)> on_message;
  Received received{from.node_id, session, std::move(message)};
  {
    MutexLock lock(&mutex_);
    messages_.push_back(received);
    on_message = on_message_;
  }
  changed_.NotifyAll();
  if (on_message) on_message(received);
}

void RecordingEvents::OnPeerHello(raft::PeerHello hello) {
  const NodeId from = hello.key.node_id;
  {
    MutexLock lock(&mutex_);
    hellos_[from] = std::move(hello);
  }
  Record(absl::StrFormat("hello %d", from.value()));
}

void RecordingEvents::OnStreamUp(NodeId peer, raft::StreamClass stream, raft::ReplicaKey key) {
  CHECK_EQ(key.node_id, peer);
  Record(absl::StrFormat("up %d %s", peer.value(), raft::ToString(stream)));
}

void RecordingEvents::OnStreamDown(NodeId peer, raft::StreamClass stream) {
  Record(absl::StrFormat("down %d %s", peer.value(), raft::ToString(stream)));
}

void RecordingEvents::OnPeerDead(NodeId peer) { Record(absl::StrFormat("dead %d", peer.value())); }

void RecordingEvents::OnGoodbye(raft::ReplicaKey peer, raft::GoodbyeReason reason, Epoch epoch) {
  Record(absl::StrFormat("goodbye %d %s %d", peer.node_id.value(), ToText(reason), epoch.value()));
}

void RecordingEvents::Record(std::string line) {
  {
    MutexLock lock(&mutex_);
    lines_.push_back(std::move(line));
  }
  changed_.NotifyAll();
}

bool CountingLoop::AwaitPosted(size_t count) const {
  const MonoTime deadline = std::chrono::steady_clock::now() + kPatience;
  while (posted() < count) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void CountingLoop::Drain() {
  std::promise<void> drained;
  loop_.Post([&drained] { drained.set_value(); });
  drained.get_future().wait();
}

PeerTestNode::PeerTestNode(Config config, bool has_log, std::optional<raft::VoterSet> voter_set)
    : loop_("raft-" + ToString(config.id)),
      identities_(config.cluster_id),
      transport_(OptionsOf(config, &identities_), &loop_, &large_loop_, &clock_) {
  transport_.Announce(has_log, std::move(voter_set));
  grpc::ServerBuilder builder;
  ConfigurePeerServer(config.timings, &builder);
  int bound_port = 0;
  builder.AddListeningPort(config.listen.ToString(),
                           MakeServerCredentials(config.tls, Port::kPeer, &access_,
                                                 /*audit_log=*/nullptr),
                           &bound_port);
  builder.RegisterService(transport_.Serve(std::move(config.forward_handler)));
  server_ = builder.BuildAndStart();
  CHECK(server_ != nullptr) << "cannot listen at " << config.listen.ToString();
  transport_.Start(&events_, config.listen.ToString(),
                   "client-of-" + ToString(config.id) + ":9092");
}

PeerTestNode::~PeerTestNode() { Stop(); }

void PeerTestNode::Stop() {
  transport_.Stop();
  server_->Shutdown();
  server_->Wait();
}

}  // namespace quorate::server
