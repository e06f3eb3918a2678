#include "server/calls/acceptor.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "server/node/limits.h"

namespace quorate::server {
namespace {

// The number of connections that the kernel keeps until this process accepts them.
constexpr int kBacklog = 4'096;
// The pause after accept(2) failed because memory or descriptors are exhausted.
constexpr int kPauseUs = 10'000;

absl::Status CannotListen(const std::string& option, const HostPort& address, int error) {
  const char* remedy = "";
  if (error == EADDRINUSE) remedy = ": stop the process that listens there, or choose another port";
  if (error == EADDRNOTAVAIL) remedy = ": name an address of this host";
  if (error == EACCES) remedy = ": ports below 1024 require privileges, choose another port";
  return absl::FailedPreconditionError(absl::StrFormat(
      "cannot listen on %s %s: %s%s", option, address.ToString(), strerror(error), remedy));
}

// Returns a socket that listens on `address`, or a negative number with the reason in errno.
int ListenOn(const addrinfo& address, uint16_t port) {
  sockaddr_storage bound = {};
  memcpy(&bound, address.ai_addr, address.ai_addrlen);
  // The port is at the same position in both address families.
  reinterpret_cast<sockaddr_in*>(&bound)->sin_port = htons(port);
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return -1;
  const int on = 1;
  // Allows binding while connections of an earlier process on this port are still closing.
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  // Accepted connections inherit these two options.
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  const auto timeout_ms = static_cast<unsigned>(ToMs(kUnacknowledgedTimeout));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &timeout_ms, sizeof(timeout_ms));
  if (bind(fd, reinterpret_cast<sockaddr*>(&bound), address.ai_addrlen) == 0 &&
      listen(fd, kBacklog) == 0) {
    return fd;
  }
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

uint16_t PortOf(int listener) {
  sockaddr_storage bound = {};
  socklen_t size = sizeof(bound);
  CHECK_EQ(getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &size), 0);
  return ntohs(reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
}

// Returns the timeout for poll(2) that ends at `when`.
int TimeoutMs(MonoTime when) {
  if (when == kNever) return -1;
  const int64_t ms = ToMs(when - SystemClock().Now()) + 1;
  return static_cast<int>(std::clamp<int64_t>(ms, 0, 60'000));
}

// Returns the lowest descriptor that a connection must not have. It is computed for each
// connection, because prlimit(2) can change the limit.
int EndOfDescriptors(int reserve, size_t max_descriptors) {
  rlimit limit = {};
  CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, max_descriptors));
  return end - std::min(reserve, end / 4);
}

}  // namespace

absl::StatusOr<std::unique_ptr<Acceptor>> Acceptor::Listen(const HostPort& address,
                                                           const std::string& option) {
  addrinfo hints = {};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (failed != 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("cannot listen on %s %s: the host does not resolve (%s)", option,
                        address.ToString(), gai_strerror(failed)));
  }
  std::unique_ptr<Acceptor> acceptor(new Acceptor(option));
  acceptor->port_ = address.port;
  int error = 0;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    const int listener = ListenOn(*each, acceptor->port_);
    // A host without IPv6 may still resolve to an IPv6 address.
    if (listener < 0 && errno == EAFNOSUPPORT && each->ai_next != nullptr) continue;
    if (listener < 0) {
      error = errno;
      break;
    }
    acceptor->listeners_.push_back(listener);
    acceptor->port_ = PortOf(listener);
  }
  freeaddrinfo(found);
  if (acceptor->listeners_.empty() || error != 0) return CannotListen(option, address, error);
  return acceptor;
}

Acceptor::~Acceptor() { Stop(); }

void Acceptor::Start(int reserve, size_t max_descriptors, std::shared_ptr<ConnectionGate> gate) {
  reserve_ = reserve;
  max_descriptors_ = max_descriptors;
  gate_ = std::move(gate);
  stop_event_ = eventfd(0, EFD_CLOEXEC);
  spare_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  PCHECK(stop_event_ >= 0 && spare_ >= 0);
  thread_ = std::thread([this] { Run(); });
}

void Acceptor::Stop() {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    PCHECK(write(stop_event_, &one, sizeof(one)) == sizeof(one));
    thread_.join();
    close(stop_event_);
    if (spare_ >= 0) close(spare_);
  }
  for (const int listener : std::exchange(listeners_, {})) close(listener);
}

void Acceptor::Run() {
  pthread_setname_np(pthread_self(), "accept");
  std::vector<pollfd> polled = {{.fd = stop_event_, .events = POLLIN, .revents = 0},
                                {.fd = gate_->descriptor(), .events = POLLIN, .revents = 0}};
  const size_t first_listener = polled.size();
  for (const int listener : listeners_) {
    polled.push_back({.fd = listener, .events = POLLIN, .revents = 0});
  }
  for (;;) {
    if (poll(polled.data(), polled.size(), TimeoutMs(gate_->Run())) < 0) continue;
    if (polled[0].revents != 0) return;
    for (size_t i = first_listener; i < polled.size(); ++i) {
      if (polled[i].revents != 0) Accept(polled[i].fd);
    }
  }
}

void Acceptor::Accept(int listener) {
  sockaddr_storage from = {};
  socklen_t size = sizeof(from);
  const int connection =
      accept4(listener, reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (connection < 0) {
    if (errno == EMFILE || errno == ENFILE) {
      CloseOne(listener);
    } else if (errno == ENOBUFS || errno == ENOMEM) {
      usleep(kPauseUs);
    }
    return;  // other errors: the connection ended before it was accepted
  }
  if (connection >= EndOfDescriptors(reserve_, max_descriptors_)) {
    close(connection);
    CountClosed();
    return;
  }
  gate_->Add(listener, connection, RemoteAddress::From(from).value_or(RemoteAddress()));
}

void Acceptor::CloseOne(int listener) {
  if (spare_ >= 0) close(spare_);
  if (const int connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); connection >= 0) {
    close(connection);
    CountClosed();
  }
  spare_ = open("/dev/null", O_RDONLY | O_CLOEXEC);
  // Another thread has taken the spare descriptor, and may close it again.
  if (spare_ < 0) usleep(kPauseUs);
}

void Acceptor::CountClosed() {
  ++closed_;
  LOG_EVERY_T(WARNING, 10) << name_ << ": new connections are closed at once (" << closed_
                           << " so far), because this process has too few free file descriptors: "
                              "close connections, or raise the limits (ulimit -n, LimitNOFILE, "
                              "--max-connection-descriptors)";
}

}  // namespace quorate::server
