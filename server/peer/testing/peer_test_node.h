// The peer transport of a controller, for tests: the transport, its listener, its loop, and a
// recorder in place of the consensus core.
#pragma once

#include <glog/logging.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/event_loop.h"
#include "base/mutex.h"
#include "grpcpp/server.h"
#include "raft/api/transport.h"
#include "server/peer/peer_transport.h"
#include "server/security/access_control.h"

namespace quorate::server {

// How long a test waits for an event. It is generous, because only a failing test waits that long.
inline constexpr std::chrono::seconds kPatience{30};

// Records every event as a line, such as "hello 2", "up 2 control", "down 2 append", "dead 2" or
// "goodbye 2 stopping 7". Messages go to a separate list. Thread-safe.
class RecordingEvents final : public raft::TransportEvents {
 public:
  struct Received {
    NodeId from;
    raft::SessionId session = 0;
    raft::Message message;
  };

  // Sets a callback that runs on the raft loop for each message, after it was recorded.
  void SetOnMessage(std::function<void(const Received&)> on_message);

  // Returns how often the line was recorded.
  size_t Count(const std::string& line) const;
  std::vector<std::string> Lines() const;
  std::vector<Received> Messages() const;
  std::optional<raft::PeerHello> LastHello(NodeId from) const;

  // Wait until the line was recorded `times` times, or until `count` messages were. Return false
  // after kPatience.
  [[nodiscard]] bool Await(const std::string& line, size_t times = 1) const;
  [[nodiscard]] bool AwaitMessages(size_t count) const;

  // raft::TransportEvents
  void OnMessage(raft::ReplicaKey from, raft::SessionId session, raft::Message message) override;
  void OnPeerHello(raft::PeerHello hello) override;
  void OnStreamUp(NodeId peer, raft::StreamClass stream, raft::ReplicaKey key) override;
  void OnStreamDown(NodeId peer, raft::StreamClass stream) override;
  void OnPeerDead(NodeId peer) override;
  void OnGoodbye(raft::ReplicaKey peer, raft::GoodbyeReason reason, Epoch epoch) override;

 private:
  void Record(std::string line);

  mutable Mutex mutex_;
  mutable CondVar changed_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
  std::vector<Received> messages_ ABSL_GUARDED_BY(mutex_);
  std::map<NodeId, raft::PeerHello> hellos_ ABSL_GUARDED_BY(mutex_);
  std::function<void(const Received&)> on_message_ ABSL_GUARDED_BY(mutex_);
};

// An event loop that counts the tasks that are posted to it.
class CountingLoop final : public Executor {
 public:
  explicit CountingLoop(std::string name) : loop_(std::move(name), /*max_external=*/1000) {}

  size_t posted() const { return posted_.load(); }
  // Waits until at least `count` tasks were posted. Returns false after kPatience.
  [[nodiscard]] bool AwaitPosted(size_t count) const;
  // Waits until all tasks that were posted before have run.
  void Drain();

  void Post(Task task) override {
    ++posted_;
    loop_.Post(std::move(task));
  }
  bool TryPost(Task task) override { return loop_.TryPost(std::move(task)); }
  TimerId PostAt(MonoTime when, Task task) override { return loop_.PostAt(when, std::move(task)); }
  void CancelTimer(TimerId id) override { loop_.CancelTimer(id); }
  bool InLoop() const override { return loop_.InLoop(); }

 private:
  std::atomic<size_t> posted_ = 0;
  EventLoop loop_;
};

inline constexpr char kTestClusterId[] = "8oZ1nHmwQpqYdV0bH5kJXw";

// Returns the directory id of a test node: 16 bytes, each of which is the node's id.
Uuid TestDirectory(NodeId id);

// Returns a voter set of these nodes, with their TestDirectory ids and without endpoints.
raft::VoterSet TestVoters(const std::vector<NodeId>& ids);

class PeerTestNode {
 public:
  struct Config {
    NodeId id;
    HostPort listen;
    std::map<NodeId, HostPort> peers;
    bool observer = false;
    uint32_t max_metadata_version = 1;
    std::string cluster_id = kTestClusterId;
    PeerTimings timings = {};
    // Null: plain text.
    const security::TlsStore* tls = nullptr;
    // The default is for tests that forward nothing.
    ForwardHandler forward_handler = [](const raft::v1::ForwardRequest&, ForwardReply) {
      LOG(FATAL) << "a request was forwarded to a node without a handler";
    };
  };

  // Opens the listener and starts the transport.
  explicit PeerTestNode(Config config, bool has_log = false,
                        std::optional<raft::VoterSet> voter_set = std::nullopt);
  ~PeerTestNode();

  // Stops the transport, then the listener. Idempotent.
  void Stop();

  RecordingEvents& events() { return events_; }
  PeerTransport& transport() { return transport_; }
  CountingLoop& loop() { return loop_; }
  EventLoop& large_loop() { return large_loop_; }

 private:
  SystemClock clock_;
  CountingLoop loop_;
  EventLoop large_loop_{"large", /*max_external=*/1000};
  RecordingEvents events_;
  const security::IdentityMap identities_;
  AccessControl access_{&identities_, &clock_};
  PeerTransport transport_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace quorate::server
