#include "tests/harness/flood.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <span>
#include <utility>

#include "base/check.h"

namespace quorate::testing {
namespace {

using namespace std::string_literals;  // for strings with zero bytes

constexpr int kTicksPerSecond = 100;
constexpr uint32_t kFirstHost = 0x7f010001;  // 127.1.0.1

const std::string kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::string Frame(uint32_t length, uint8_t type, uint8_t flags, uint32_t stream,
                  const std::string& payload) {
  std::string frame;
  for (const int shift : {16, 8, 0}) frame += static_cast<char>(length >> shift & 0xff);
  frame += static_cast<char>(type);
  frame += static_cast<char>(flags);
  for (const int shift : {24, 16, 8, 0}) frame += static_cast<char>(stream >> shift & 0xff);
  return frame + payload;
}

std::string Settings() { return Frame(0, 4, 0, 0, ""); }

// The start of a call, and its end.
std::string ResetCall(uint32_t stream) {
  const auto text = [](const std::string& value) {
    return std::string(1, static_cast<char>(value.size())) + value;
  };
  // Indexed fields of HPACK (RFC 7541): POST, http, a path, an authority and a content type.
  const std::string headers = "\x83\x86\x44"s + text("/quorate.admin.v1.AdminService/ListTopics") +
                              "\x41"s + text("localhost") + "\x5f"s + text("application/grpc") +
                              "\x40"s + text("te") + text("trailers");
  return Frame(static_cast<uint32_t>(headers.size()), 1, /*END_HEADERS*/ 4, stream, headers) +
         Frame(4, 3, 0, stream, "\0\0\0\x08"s);  // CANCEL
}

// A ClientHello of TLS 1.2 with one cipher suite and no extension.
std::string ClientHello() {
  const std::string body =
      "\x03\x03"s + std::string(32, 'r') + "\0"s + "\0\x02\xc0\x2b"s + "\x01\0"s;
  const auto length = [](size_t size) {
    return std::string{static_cast<char>(size >> 8), static_cast<char>(size & 0xff)};
  };
  const std::string handshake = "\x01\0"s + length(body.size()) + body;
  return "\x16\x03\x01"s + length(handshake.size()) + handshake;
}

void Send(int fd, const std::string& bytes) {
  // A server that does not read is no reason to wait.
  (void)!send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void RaiseDescriptorLimit(rlim_t wanted) {
  rlimit limit = {};
  PCHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = std::max(limit.rlim_max, wanted);
  limit.rlim_max = limit.rlim_cur;
  if (setrlimit(RLIMIT_NOFILE, &limit) == 0) return;
  // Only root may exceed the hard limit.
  PCHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = limit.rlim_max;
  PCHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
}

}  // namespace

const char* Flood::NameOf(Kind kind) {
  switch (kind) {
    case Kind::kIdle:
      return "idle";
    case Kind::kSlowGreeting:
      return "slow greeting";
    case Kind::kStalledTls:
      return "stalled TLS handshake";
    case Kind::kStalledHttp2:
      return "stalled HTTP/2";
    case Kind::kGarbage:
      return "garbage";
    case Kind::kHttp1:
      return "HTTP/1.1";
    case Kind::kOversizeFrame:
      return "oversize frame";
    case Kind::kRapidReset:
      return "rapid reset";
  }
  return "";
}

Flood::Flood(FloodOptions options) : options_(std::move(options)) {
  CHECK(!options_.targets.empty());
  const auto count = static_cast<size_t>(options_.idle + options_.hostile);
  RaiseDescriptorLimit(count + 1'000);
  connections_.resize(count);
  // Spreads the kinds evenly over the order of opening.
  size_t hostile = 0;
  for (size_t i = 0; i < count; ++i) {
    Connection& connection = connections_[i];
    connection.target = i % options_.targets.size();
    connection.host = static_cast<int>(i / options_.targets.size()) % options_.hosts;
    if (hostile * count < i * static_cast<size_t>(options_.hostile)) {
      connection.kind = static_cast<Kind>(1 + hostile++ % (kKinds - 1));
    }
    closed_.push_back(i);
  }
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  PCHECK(epoll_ >= 0);
  thread_ = std::thread([this] { Run(); });
}

Flood::~Flood() {
  stop_ = true;
  thread_.join();
  for (const Connection& connection : connections_) {
    if (connection.fd >= 0) close(connection.fd);
  }
  close(epoll_);
}

void Flood::Run() {
  using std::chrono::steady_clock;
  constexpr auto kTick = std::chrono::milliseconds(1'000 / kTicksPerSecond);
  steady_clock::time_point next = steady_clock::now();
  for (int tick = 0; !stop_; ++tick) {
    OpenSome();
    SendResets();
    if (tick % kTicksPerSecond == 0) SendSlowBytes();
    next = std::max(next + kTick, steady_clock::now());
    std::array<epoll_event, 256> events = {};
    while (steady_clock::now() < next) {
      const int count = epoll_wait(epoll_, events.data(), events.size(), 1);
      for (const epoll_event& event : std::span(events).first(std::max(count, 0))) {
        OnEvent(event.data.u64, event.events);
      }
    }
  }
}

void Flood::OpenSome() {
  const size_t count = std::min(
      closed_.size(), static_cast<size_t>(options_.connections_per_second / kTicksPerSecond));
  for (size_t i = 0; i < count; ++i) {
    const size_t index = closed_.front();
    closed_.pop_front();
    Open(index);
  }
}

void Flood::Open(size_t index) {
  Connection& connection = connections_[index];
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  PCHECK(fd >= 0);
  const int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
  // The port is chosen by connect, so that all hosts share the ports of the machine.
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
  sockaddr_in own = {};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(kFirstHost + static_cast<uint32_t>(connection.host));
  PCHECK(bind(fd, reinterpret_cast<sockaddr*>(&own), sizeof(own)) == 0);
  const HostPort& target = options_.targets[connection.target];
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(target.port);
  PCHECK(inet_pton(AF_INET, target.host.c_str(), &to.sin_addr) == 1) << target.ToString();
  connection.fd = fd;
  connection.connected = false;
  connection.sent = 0;
  connection.next_stream = 1;
  epoll_event event = {.events = EPOLLOUT | EPOLLIN | EPOLLRDHUP, .data = {.u64 = index}};
  PCHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) == 0);
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0 && errno != EINPROGRESS) {
    Close(index);
  }
}

void Flood::Close(size_t index) {
  Connection& connection = connections_[index];
  if (connection.connected) --open_[static_cast<size_t>(connection.kind)];
  close(std::exchange(connection.fd, -1));
  closed_.push_back(index);
}

void Flood::OnEvent(size_t index, uint32_t events) {
  Connection& connection = connections_[index];
  if (connection.fd < 0) return;
  if (!connection.connected && (events & EPOLLOUT) != 0 && (events & (EPOLLERR | EPOLLHUP)) == 0) {
    connection.connected = true;
    ++opened_[static_cast<size_t>(connection.kind)];
    ++open_[static_cast<size_t>(connection.kind)];
    epoll_event event = {.events = EPOLLIN | EPOLLRDHUP, .data = {.u64 = index}};
    PCHECK(epoll_ctl(epoll_, EPOLL_CTL_MOD, connection.fd, &event) == 0);
    Begin(connection);
  }
  bool ended = (events & (EPOLLERR | EPOLLHUP)) != 0;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) {
    char ignored[16'384];
    ssize_t got = 0;
    while ((got = recv(connection.fd, ignored, sizeof(ignored), 0)) > 0) {
    }
    ended = ended || got == 0 || (errno != EAGAIN && errno != EINTR);
  }
  if (ended) Close(index);
}

void Flood::Begin(Connection& connection) const {
  switch (connection.kind) {
    case Kind::kIdle:
    case Kind::kSlowGreeting:
      return;
    case Kind::kStalledTls:
      return Send(connection.fd, ClientHello());
    case Kind::kStalledHttp2:
    case Kind::kRapidReset:
      return Send(connection.fd, kPreface + Settings());
    case Kind::kGarbage:
      return Send(connection.fd, std::string(1'000, '\x5a'));
    case Kind::kHttp1:
      return Send(connection.fd, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    case Kind::kOversizeFrame:
      return Send(connection.fd,
                  kPreface + Settings() + Frame(0xff'ffff, 0, 0, 1, std::string(8'192, 'x')));
  }
}

void Flood::SendSlowBytes() {
  for (Connection& connection : connections_) {
    if (connection.kind == Kind::kSlowGreeting && connection.connected && connection.fd >= 0 &&
        connection.sent < kPreface.size()) {
      Send(connection.fd, kPreface.substr(connection.sent++, 1));
    }
  }
}

void Flood::SendResets() {
  constexpr uint32_t kMaxStream = 0x7fff'fff0;
  int left = options_.resets_per_second / kTicksPerSecond;
  for (size_t i = 0; i < connections_.size() && left > 0; ++i) {
    next_reset_ = (next_reset_ + 1) % connections_.size();
    Connection& connection = connections_[next_reset_];
    if (connection.kind != Kind::kRapidReset || !connection.connected || connection.fd < 0 ||
        connection.next_stream > kMaxStream) {
      continue;
    }
    Send(connection.fd, ResetCall(connection.next_stream));
    connection.next_stream += 2;
    ++resets_;
    --left;
  }
}

}  // namespace quorate::testing
