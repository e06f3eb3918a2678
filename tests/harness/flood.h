// Hostile connections to the ports of a test's servers: many at once, of callers that say nothing,
// too little, or what no client says.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include "base/host_port.h"

namespace quorate::testing {

struct FloodOptions {
  // Addresses of 127.0.0.0/8. Each gets the same share of the connections.
  std::vector<HostPort> targets;
  // How many connections are kept open that send nothing.
  int idle = 10'000;
  // How many connections of all other kinds are kept open.
  int hostile = 500;
  // The number of source addresses, from 127.1.0.1 on.
  int hosts = 50;
  // The pace of new connections. A connection that the server closes is replaced.
  int connections_per_second = 1'000;
  // The pace of streams that begin and are reset at once, on connections that speak HTTP/2.
  int resets_per_second = 2'000;
};

// Runs on its own thread from construction to destruction.
class Flood {
 public:
  enum class Kind {
    // Sends nothing.
    kIdle,
    // Sends the greeting of HTTP/2, one byte a second.
    kSlowGreeting,
    // Sends a ClientHello, and nothing more.
    kStalledTls,
    // Sends the greeting of HTTP/2, and nothing more.
    kStalledHttp2,
    kGarbage,
    kHttp1,
    // A frame of HTTP/2 that says it has 16 MiB.
    kOversizeFrame,
    // Begins calls and resets them (CVE-2023-44487).
    kRapidReset,
  };
  static constexpr size_t kKinds = 8;
  static const char* NameOf(Kind kind);

  explicit Flood(FloodOptions options);
  // Closes all connections.
  ~Flood();
  Flood(const Flood&) = delete;
  Flood& operator=(const Flood&) = delete;

  // How many connections were opened in all, and are open now. Any thread.
  int64_t opened(Kind kind) const { return opened_[static_cast<size_t>(kind)]; }
  int64_t open(Kind kind) const { return open_[static_cast<size_t>(kind)]; }
  int64_t resets() const { return resets_; }

 private:
  struct Connection {
    Kind kind = Kind::kIdle;
    size_t target = 0;
    int host = 0;
    int fd = -1;
    bool connected = false;
    // How much of the greeting a slow one has sent.
    size_t sent = 0;
    uint32_t next_stream = 1;
  };

  void Run();
  void OpenSome();
  void Open(size_t index);
  void Close(size_t index);
  void OnEvent(size_t index, uint32_t events);
  void Begin(Connection& connection) const;
  void SendSlowBytes();
  void SendResets();

  const FloodOptions options_;
  std::vector<Connection> connections_;
  // Those that are closed, in the order in which they are opened again.
  std::deque<size_t> closed_;
  int epoll_ = -1;
  size_t next_reset_ = 0;
  std::array<std::atomic<int64_t>, kKinds> opened_ = {};
  std::array<std::atomic<int64_t>, kKinds> open_ = {};
  std::atomic<int64_t> resets_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace quorate::testing
