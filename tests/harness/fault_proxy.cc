#include "tests/harness/fault_proxy.h"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <future>
#include <list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/mutex.h"
#include "base/random.h"
#include "tests/harness/loopback_socket.h"

namespace quorate::testing {
namespace {

using Time = std::chrono::steady_clock::time_point;

// The limit of data held back in one direction of a connection. Beyond it, the proxy stops reading
// from the sender.
constexpr size_t kMaxHeldBytes = size_t{4} << 20;

void SendAtOnce(int fd) {
  const int on = 1;
  PCHECK(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
}

void CloseWithReset(int fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
  close(fd);
}

bool WouldBlock(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

// The bytes in flight in one direction of a connection.
struct Pipe {
  struct Chunk {
    Time due;
    std::string bytes;  // empty for the end of the stream
  };

  bool CanTake() const { return !ended && held_bytes < kMaxHeldBytes; }
  bool IsDue(Time now) const { return !swallowed && !chunks.empty() && chunks.front().due <= now; }

  int from = -1;
  int to = -1;
  std::deque<Chunk> chunks;
  size_t held_bytes = 0;
  bool swallowed = false;
  bool ended = false;      // the sender sends nothing more
  bool broken = false;     // the sender has reset the connection
  bool delivered = false;  // the end was passed on to the receiver
};

// pipes[0] goes to upstream, pipes[1] to the client.
struct Connection {
  int client = -1;
  int upstream = -1;
  bool connecting = true;
  std::array<Pipe, 2> pipes;
};

}  // namespace

class FaultProxy::Engine {
 public:
  explicit Engine(uint16_t upstream_port) : upstream_port_(upstream_port) {
    Listen();
    wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    PCHECK(wake_ >= 0);
  }

  ~Engine() {
    ResetAll();
    close(wake_);
  }

  uint16_t port() const { return reserved_.port(); }

  // Called from any thread.
  void Post(absl::AnyInvocable<void(Engine&)> command) {
    {
      MutexLock lock(&mutex_);
      commands_.push_back(std::move(command));
    }
    const uint64_t one = 1;
    PCHECK(write(wake_, &one, sizeof(one)) == sizeof(one));
  }

  void Run() {
    while (!stopped_) {
      Wait();
      RunCommands();
      const Time now = std::chrono::steady_clock::now();
      if (listener_) AcceptAll();
      connections_.remove_if([&](Connection& connection) {
        if (Pump(connection, now)) return false;
        Reset(connection);
        return true;
      });
    }
  }

  // The commands of FaultProxy.

  void Stop() { stopped_ = true; }

  void Heal() {
    swallowed_ = {false, false};
    SetDelay({}, {});
    ApplySwallowing();
    if (!listener_) Listen();
  }

  void ResetAll() {
    for (Connection& connection : connections_) Reset(connection);
    connections_.clear();
  }

  void StopListening() { listener_.reset(); }

  void Swallow(bool to_upstream, bool to_client) {
    swallowed_ = {to_upstream, to_client};
    ApplySwallowing();
  }

  void SetDelay(std::chrono::milliseconds delay, std::chrono::milliseconds jitter) {
    delay_ = delay;
    jitter_ = jitter;
  }

  size_t open() const { return connections_.size(); }
  size_t accepted() const { return accepted_; }

 private:
  void Listen() {
    listener_.emplace(reserved_.port());
    listener_->Listen();
  }

  void ApplySwallowing() {
    for (Connection& connection : connections_) {
      for (size_t i = 0; i < 2; ++i) connection.pipes[i].swallowed = swallowed_[i];
    }
  }

  void RunCommands() {
    uint64_t count = 0;
    while (read(wake_, &count, sizeof(count)) > 0) {
    }
    std::vector<absl::AnyInvocable<void(Engine&)>> commands;
    {
      MutexLock lock(&mutex_);
      commands.swap(commands_);
    }
    for (auto& command : commands) command(*this);
  }

  Time DueAt(Time now) {
    const std::chrono::microseconds jitter(rng_.Below(1 + 1000 * uint64_t(jitter_.count())));
    return now + delay_ + jitter;
  }

  // Waits until there is work.
  void Wait() {
    std::vector<pollfd> fds = {{.fd = wake_, .events = POLLIN, .revents = 0}};
    if (listener_) fds.push_back({.fd = listener_->fd(), .events = POLLIN, .revents = 0});
    const Time now = std::chrono::steady_clock::now();
    Time next = now + std::chrono::hours(1);
    for (const Connection& connection : connections_) {
      if (connection.connecting) {
        fds.push_back({.fd = connection.upstream, .events = POLLOUT, .revents = 0});
        continue;
      }
      for (const Pipe& pipe : connection.pipes) {
        if (pipe.CanTake()) fds.push_back({.fd = pipe.from, .events = POLLIN, .revents = 0});
        if (pipe.IsDue(now)) {
          fds.push_back({.fd = pipe.to, .events = POLLOUT, .revents = 0});
        } else if (!pipe.swallowed && !pipe.chunks.empty()) {
          next = std::min(next, pipe.chunks.front().due);
        }
      }
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - now);
    PCHECK(poll(fds.data(), fds.size(), static_cast<int>(left.count())) >= 0 || errno == EINTR);
  }

  void AcceptAll() {
    while (true) {
      const int client = accept4(listener_->fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (client < 0) return;
      ++accepted_;
      SendAtOnce(client);
      const int upstream = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      PCHECK(upstream >= 0);
      SendAtOnce(upstream);
      const sockaddr_in address = LoopbackAddress(upstream_port_);
      if (connect(upstream, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 &&
          errno != EINPROGRESS) {
        CloseWithReset(client);
        close(upstream);
        continue;
      }
      Connection& connection = connections_.emplace_back();
      connection.client = client;
      connection.upstream = upstream;
      connection.pipes[0].from = connection.pipes[1].to = client;
      connection.pipes[0].to = connection.pipes[1].from = upstream;
      for (size_t i = 0; i < 2; ++i) connection.pipes[i].swallowed = swallowed_[i];
    }
  }

  // Moves as much data as possible. Returns false if the connection is over.
  bool Pump(Connection& connection, Time now) {
    if (connection.connecting) {
      int error = 0;
      socklen_t size = sizeof(error);
      pollfd ready{.fd = connection.upstream, .events = POLLOUT, .revents = 0};
      if (poll(&ready, 1, 0) == 0) return true;
      if (getsockopt(connection.upstream, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
        return false;
      }
      connection.connecting = false;
    }
    for (Pipe& pipe : connection.pipes) {
      if (!Take(pipe, now) || !Deliver(pipe, now)) return false;
    }
    return !(connection.pipes[0].delivered && connection.pipes[1].delivered);
  }

  bool Take(Pipe& pipe, Time now) {
    char buffer[64 << 10];
    while (pipe.CanTake()) {
      const ssize_t count = recv(pipe.from, buffer, sizeof(buffer), 0);
      if (count < 0) {
        if (!WouldBlock(errno)) pipe.ended = pipe.broken = true;
        break;
      }
      pipe.ended = count == 0;
      pipe.held_bytes += static_cast<size_t>(count);
      pipe.chunks.push_back({DueAt(now), std::string(buffer, static_cast<size_t>(count))});
    }
    // A reset overtakes data in flight, as on a real network. A blackhole drops it too.
    return !pipe.broken || pipe.swallowed;
  }

  static bool Deliver(Pipe& pipe, Time now) {
    while (pipe.IsDue(now)) {
      std::string& bytes = pipe.chunks.front().bytes;
      if (bytes.empty()) {
        shutdown(pipe.to, SHUT_WR);
        pipe.delivered = true;
      } else {
        const ssize_t count = send(pipe.to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (count < 0) return WouldBlock(errno);
        pipe.held_bytes -= static_cast<size_t>(count);
        bytes.erase(0, static_cast<size_t>(count));
        if (!bytes.empty()) return true;
      }
      pipe.chunks.pop_front();
    }
    return true;
  }

  static void Reset(Connection& connection) {
    CloseWithReset(connection.client);
    CloseWithReset(connection.upstream);
  }

  const uint16_t upstream_port_;
  // Keeps the port while nothing listens at it.
  const LoopbackSocket reserved_;
  int wake_ = -1;
  Mutex mutex_;
  std::vector<absl::AnyInvocable<void(Engine&)>> commands_ ABSL_GUARDED_BY(mutex_);

  // Used only by the proxy's thread.
  bool stopped_ = false;
  std::optional<LoopbackSocket> listener_;
  std::array<bool, 2> swallowed_ = {false, false};
  std::chrono::milliseconds delay_{0};
  std::chrono::milliseconds jitter_{0};
  Rng rng_{Rng::SystemSeed()};
  std::list<Connection> connections_;
  size_t accepted_ = 0;
};

FaultProxy::FaultProxy(uint16_t upstream_port)
    : engine_(std::make_unique<Engine>(upstream_port)), thread_([this] { engine_->Run(); }) {
  port_ = engine_->port();
}

FaultProxy::~FaultProxy() {
  engine_->Post([](Engine& engine) { engine.Stop(); });
  thread_.join();
}

void FaultProxy::Forward() {
  Do([](Engine& engine) { engine.Heal(); });
}

void FaultProxy::Cut() {
  Do([](Engine& engine) { engine.ResetAll(); });
}

void FaultProxy::Refuse() {
  Do([](Engine& engine) {
    engine.StopListening();
    engine.ResetAll();
  });
}

void FaultProxy::Blackhole(Direction direction) {
  Do([direction](Engine& engine) {
    engine.Swallow(direction != Direction::kToClient, direction != Direction::kToUpstream);
  });
}

void FaultProxy::Delay(std::chrono::milliseconds delay, std::chrono::milliseconds jitter) {
  Do([=](Engine& engine) { engine.SetDelay(delay, jitter); });
}

size_t FaultProxy::open_connections() {
  size_t count = 0;
  Do([&count](Engine& engine) { count = engine.open(); });
  return count;
}

size_t FaultProxy::accepted_connections() {
  size_t count = 0;
  Do([&count](Engine& engine) { count = engine.accepted(); });
  return count;
}

void FaultProxy::Do(absl::AnyInvocable<void(Engine&)> command) {
  std::promise<void> done;
  engine_->Post([&](Engine& engine) {
    command(engine);
    done.set_value();
  });
  done.get_future().wait();
}

}  // namespace quorate::testing
