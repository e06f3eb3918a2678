#include "server/calls/connection_gate.h"

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "base/check.h"
#include "server/calls/first_bytes.h"

namespace quorate::server {
namespace {

using Reason = ConnectionClosed;

// The id of called_event_. Connections have larger ones.
constexpr uint64_t kCalledEvent = 0;
constexpr int kEventsAtOnce = 64;
constexpr Duration kMinCountInterval = std::chrono::milliseconds(100);
// How long Run lets pass while connections wait for a place.
constexpr Duration kMinPause = std::chrono::milliseconds(10);
constexpr uint32_t kEnded = EPOLLRDHUP | EPOLLHUP | EPOLLERR;

// Returns 0 if `fd` is not open.
ino_t InodeOf(int fd) {
  struct stat info = {};
  return fstat(fd, &info) == 0 ? info.st_ino : 0;
}

std::string TextOf(Reason reason) {
  switch (reason) {
    case Reason::kHostLimit:
      return "its host has too many connections";
    case Reason::kWaitingLimit:
      return "too many connections wait, and its host has the most";
    case Reason::kTimeout:
      return "it sent no complete TLS or HTTP/2 greeting";
    case Reason::kHttp1:
      return "it speaks HTTP/1, and this port speaks gRPC";
    case Reason::kUnknownBytes:
      return "it speaks neither TLS nor HTTP/2";
    case Reason::kSlowHandshake:
      return "its handshake is slow, and other connections wait";
  }
  return "";
}

// Takes the unread bytes away before it closes the connection. Otherwise the kernel would send a
// reset, which can overtake what the other end has still to read.
void Close(int fd) {
  char unread[4'096];
  for (int i = 0; i < 4 && recv(fd, unread, sizeof(unread), MSG_DONTWAIT) > 0; ++i) {
  }
  close(fd);
}

}  // namespace

ConnectionGate::ConnectionGate(std::string name, const ConnectionLimits& limits, const Clock* clock,
                               std::shared_ptr<ConnectionInstruments> instruments, PassOn pass_on)
    : name_(std::move(name)),
      limits_(limits),
      clock_(clock),
      instruments_(std::move(instruments)),
      pass_on_(std::move(pass_on)) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  called_event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  PCHECK(epoll_ >= 0 && called_event_ >= 0);
  epoll_event event = {.events = EPOLLIN, .data = {.u64 = kCalledEvent}};
  PCHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, called_event_, &event) == 0);
}

ConnectionGate::~ConnectionGate() {
  for (const auto& [id, connection] : waiting_) close(connection.fd);
  for (const auto& [id, connection] : opening_) close(connection.fd);
  close(called_event_);
  close(epoll_);
}

void ConnectionGate::Add(int listener, int connection, const RemoteAddress& from) {
  Host& host = hosts_[from.Host()];
  if (IsFull(host)) {
    CountClosed(Reason::kHostLimit, from);
    Close(connection);
    ForgetIfEmpty(from.Host());
    return;
  }
  ++host.waiting;
  const Id id = ++last_id_;
  Connection& added = waiting_[id];
  added = {.listener = listener, .fd = connection, .from = from, .since = clock_->Now()};
  if (!Watch(EPOLL_CTL_ADD, connection, EPOLLIN | EPOLLRDHUP, id)) {
    CloseWaiting(waiting_.find(id), Reason::kWaitingLimit);
  }
  if (waiting_.size() > limits_.max_waiting) CloseOneWaiting();
  Publish();
}

bool ConnectionGate::IsFull(Host& host) const {
  if (host.waiting >= limits_.max_waiting_of_host) return true;
  if (host.waiting + host.passed_on.size() < limits_.max_of_host) return false;
  // Counting looks at each connection, so a flood must not cause it each time.
  const MonoTime now = clock_->Now();
  if (host.counted_at + kMinCountInterval > now) return true;
  host.counted_at = now;
  return host.waiting + CountPassedOn(host) >= limits_.max_of_host;
}

bool ConnectionGate::Watch(int operation, int fd, uint32_t events, Id id) const {
  epoll_event event = {.events = events, .data = {.u64 = id}};
  return epoll_ctl(epoll_, operation, fd, &event) == 0;
}

void ConnectionGate::CloseOneWaiting() {
  RemoteAddress most = waiting_.begin()->second.from.Host();
  for (const auto& [address, host] : hosts_) {
    if (host.waiting > hosts_[most].waiting) most = address;
  }
  CloseWaiting(
      std::find_if(waiting_.begin(), waiting_.end(),
                   [&most](const auto& entry) { return entry.second.from.Host() == most; }),
      Reason::kWaitingLimit);
}

MonoTime ConnectionGate::Run() {
  std::array<epoll_event, kEventsAtOnce> events = {};
  for (int count = kEventsAtOnce; count == kEventsAtOnce;) {
    count = epoll_wait(epoll_, events.data(), kEventsAtOnce, 0);
    for (const epoll_event& event : std::span(events).first(std::max(count, 0))) {
      OnEvent(event.data.u64, (event.events & kEnded) != 0);
    }
  }
  const MonoTime now = clock_->Now();
  while (!waiting_.empty() && waiting_.begin()->second.since + limits_.timeout <= now) {
    CloseWaiting(waiting_.begin(), Reason::kTimeout);
  }
  // By now gRPC has closed it, or its handshakes are complete.
  while (!opening_.empty() && opening_.begin()->second.since + limits_.timeout <= now) {
    FreePlace(opening_.begin());
  }
  FillPlaces();
  Publish();
  MonoTime next = kNever;
  if (!waiting_.empty()) next = waiting_.begin()->second.since + limits_.timeout;
  if (!opening_.empty()) {
    const Duration place = turns_.empty() ? limits_.timeout : limits_.min_opening_time;
    next = std::min(next, std::max(opening_.begin()->second.since + place, now + kMinPause));
  }
  return next;
}

void ConnectionGate::OnEvent(Id id, bool ended) {
  if (id == kCalledEvent) {
    uint64_t ignored = 0;
    (void)!read(called_event_, &ignored, sizeof(ignored));
    std::vector<Id> called;
    {
      MutexLock lock(&mutex_);
      called.swap(called_);
    }
    for (const Id each : called) {
      if (const auto at = opening_.find(each); at != opening_.end()) FreePlace(at);
    }
  } else if (const auto at = waiting_.find(id); at != waiting_.end()) {
    Judge(at, ended);
  } else if (const auto opening = opening_.find(id); opening != opening_.end()) {
    FreePlace(opening);
  }
}

void ConnectionGate::Judge(Connections::iterator at, bool ended) {
  Connection& connection = at->second;
  char bytes[kFirstBytes];
  const ssize_t got = recv(connection.fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
  int available = 0;
  if (got < 0 && !ended && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0 || connection.is_ready || ioctl(connection.fd, FIONREAD, &available) != 0) {
    return CloseWaiting(at, std::nullopt);  // the other end has closed it
  }
  const FirstBytes first = JudgeFirstBytes(std::string_view(bytes, static_cast<size_t>(got)),
                                           static_cast<size_t>(available));
  switch (first.kind) {
    case FirstBytes::Kind::kIncomplete: {
      if (ended) return CloseWaiting(at, std::nullopt);
      // Epoll reports it again when that many bytes have arrived.
      const int wanted = static_cast<int>(first.wanted);
      setsockopt(connection.fd, SOL_SOCKET, SO_RCVLOWAT, &wanted, sizeof(wanted));
      return;
    }
    case FirstBytes::Kind::kHttp1:
      return CloseWaiting(at, Reason::kHttp1);
    case FirstBytes::Kind::kUnknown:
      return CloseWaiting(at, Reason::kUnknownBytes);
    case FirstBytes::Kind::kKnown:
      break;
  }
  connection.is_ready = true;
  Watch(EPOLL_CTL_MOD, connection.fd, EPOLLRDHUP, at->first);
  Host& host = hosts_[connection.from.Host()];
  if (host.ready.empty()) turns_.push_back(connection.from.Host());
  host.ready.push_back(at->first);
}

void ConnectionGate::CloseWaiting(Connections::iterator at, std::optional<Reason> reason) {
  const auto [id, connection] = *at;
  const RemoteAddress address = connection.from.Host();
  waiting_.erase(at);
  Host& host = hosts_[address];
  --host.waiting;
  if (connection.is_ready) {
    host.ready.erase(std::find(host.ready.begin(), host.ready.end(), id));
    if (host.ready.empty()) turns_.erase(std::find(turns_.begin(), turns_.end(), address));
  }
  ForgetIfEmpty(address);
  if (reason) CountClosed(*reason, connection.from);
  Close(connection.fd);
}

void ConnectionGate::FillPlaces() {
  // How many hosts in a row could not use a place.
  size_t skipped = 0;
  while (skipped < turns_.size()) {
    if (opening_.size() >= limits_.max_opening && !CloseSlowHandshake(nullptr)) return;
    const RemoteAddress address = turns_.front();
    turns_.pop_front();
    Host& host = hosts_[address];
    if (host.opening >= limits_.max_opening_of_host && !CloseSlowHandshake(&address)) {
      turns_.push_back(address);
      ++skipped;
      continue;
    }
    skipped = 0;
    const Id id = host.ready.front();
    host.ready.pop_front();
    if (!host.ready.empty()) turns_.push_back(address);
    Open(waiting_.find(id), host);
  }
}

void ConnectionGate::Open(Connections::iterator at, Host& host) {
  Connection connection = at->second;
  waiting_.erase(at);
  --host.waiting;
  const int fd = connection.fd;
  const int one = 1;
  setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &one, sizeof(one));
  Watch(EPOLL_CTL_DEL, fd, 0, 0);
  // The duplicate stays this gate's after gRPC has closed its own descriptor. It shows when the
  // connection ends, and cannot be another connection's by then. gRPC shuts a connection down
  // before it closes it, so a duplicate does not keep it open.
  connection.fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  host.passed_on.push_back({.fd = fd, .inode = InodeOf(fd)});
  ++passed_on_;
  // The ids of opening connections grow with the time at which they began to open.
  const Id id = ++last_id_;
  if (connection.fd >= 0 && Watch(EPOLL_CTL_ADD, connection.fd, EPOLLRDHUP | EPOLLET, id)) {
    connection.since = clock_->Now();
    ++host.opening;
    opening_.emplace(id, connection);
    MutexLock lock(&mutex_);
    uncalled_[connection.from] = id;
    instruments_->opening.store(opening_.size(), std::memory_order_relaxed);
  } else if (connection.fd >= 0) {
    close(connection.fd);
  }
  pass_on_(connection.listener, fd);
  if (passed_on_ >= forget_at_) ForgetEndedConnections();
}

void ConnectionGate::FreePlace(Connections::iterator at) {
  const auto [id, connection] = *at;
  {
    MutexLock lock(&mutex_);
    if (const auto own = uncalled_.find(connection.from);
        own != uncalled_.end() && own->second == id) {
      uncalled_.erase(own);
    }
  }
  close(connection.fd);
  opening_.erase(at);
  --hosts_[connection.from.Host()].opening;
}

bool ConnectionGate::CloseSlowHandshake(const RemoteAddress* host) {
  const auto oldest = std::find_if(opening_.begin(), opening_.end(), [host](const auto& entry) {
    return host == nullptr || entry.second.from.Host() == *host;
  });
  if (oldest == opening_.end() || oldest->second.since + limits_.min_opening_time > clock_->Now()) {
    return false;
  }
  CountClosed(Reason::kSlowHandshake, oldest->second.from);
  // gRPC sees the end of the connection and closes its descriptor.
  shutdown(oldest->second.fd, SHUT_RDWR);
  FreePlace(oldest);
  return true;
}

size_t ConnectionGate::CountPassedOn(Host& host) const {
  std::erase_if(host.passed_on,
                [](const OpenSocket& socket) { return InodeOf(socket.fd) != socket.inode; });
  return host.passed_on.size();
}

void ConnectionGate::ForgetEndedConnections() {
  passed_on_ = 0;
  for (auto& [address, host] : hosts_) passed_on_ += CountPassedOn(host);
  absl::erase_if(hosts_, [](const auto& entry) { return entry.second.IsEmpty(); });
  forget_at_ = std::max<size_t>(1'024, 2 * passed_on_);
}

void ConnectionGate::ForgetIfEmpty(const RemoteAddress& host) {
  if (const auto at = hosts_.find(host); at != hosts_.end() && at->second.IsEmpty()) {
    hosts_.erase(at);
  }
}

void ConnectionGate::OnCall(const std::function<std::string()>& peer) {
  if (instruments_->opening.load(std::memory_order_relaxed) == 0) return;
  const std::optional<RemoteAddress> from = RemoteAddress::FromPeer(peer());
  if (!from) return;
  {
    MutexLock lock(&mutex_);
    const auto at = uncalled_.find(*from);
    if (at == uncalled_.end()) return;
    called_.push_back(at->second);
    uncalled_.erase(at);
  }
  const uint64_t one = 1;
  (void)!write(called_event_, &one, sizeof(one));
}

void ConnectionGate::CountClosed(Reason reason, const RemoteAddress& from) {
  instruments_->closed[static_cast<size_t>(reason)].Add();
  LOG_EVERY_T(WARNING, 10) << name_ << ": closed a connection from " << from.ToString() << ": "
                           << TextOf(reason);
}

void ConnectionGate::Publish() {
  instruments_->waiting.store(waiting_.size(), std::memory_order_relaxed);
  instruments_->opening.store(opening_.size(), std::memory_order_relaxed);
}

}  // namespace quorate::server
