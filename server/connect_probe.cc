#include "server/connect_probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "base/mutex.h"

namespace quorate::server {
namespace {

class FileDescriptor {
 public:
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

HostPort NumericAddress(const addrinfo& address) {
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  uint32_t number = 0;
  if (getnameinfo(address.ai_addr, address.ai_addrlen, host, sizeof(host), port, sizeof(port),
                  NI_NUMERICHOST | NI_NUMERICSERV) != 0 ||
      !absl::SimpleAtoi(port, &number)) {
    return {};
  }
  return {host, static_cast<uint16_t>(number)};
}

// Among the kernel's own ports a socket may be connected to itself, when the port that it was given
// is the one it dials: nobody listens there.
bool IsConnectedToItself(int fd) {
  sockaddr_storage here{};
  sockaddr_storage there{};
  socklen_t here_size = sizeof(here);
  socklen_t there_size = sizeof(there);
  return getsockname(fd, reinterpret_cast<sockaddr*>(&here), &here_size) == 0 &&
         getpeername(fd, reinterpret_cast<sockaddr*>(&there), &there_size) == 0 &&
         here_size == there_size && std::memcmp(&here, &there, here_size) == 0;
}

// 0, or the errno of the attempt; ETIMEDOUT after `deadline`.
int ConnectTo(const addrinfo& address, MonoTime deadline) {
  const FileDescriptor fd(
      socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP));
  if (fd.get() < 0) return errno;
  int error = 0;
  if (connect(fd.get(), address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS) return errno;
    pollfd waiting{.fd = fd.get(), .events = POLLOUT, .revents = 0};
    while (true) {
      const Duration left = deadline - std::chrono::steady_clock::now();
      if (left <= Duration::zero()) return ETIMEDOUT;
      const int ready = poll(&waiting, 1, static_cast<int>(ToMs(left)) + 1);
      if (ready > 0) break;
      if (ready < 0 && errno != EINTR) return errno;
    }
    socklen_t size = sizeof(error);
    if (getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) return errno;
    if (error != 0) return error;
  }
  return IsConnectedToItself(fd.get()) ? ECONNREFUSED : 0;
}

// An address of a family that this machine does not have (::1 of "localhost", often).
bool IsOfMissingFamily(int error) { return error == EADDRNOTAVAIL || error == EAFNOSUPPORT; }

ConnectOutcome ConnectOnce(const HostPort& target, Duration timeout) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failure =
      getaddrinfo(target.host.c_str(), std::to_string(target.port).c_str(), &hints, &found);
  if (failure != 0) {
    return {.error = "cannot resolve " + target.host + ": " + gai_strerror(failure)};
  }
  const AddressList addresses(found);

  const MonoTime deadline = std::chrono::steady_clock::now() + timeout;
  int last_error = 0;
  bool all_refused = true;
  for (const addrinfo* address = found; address != nullptr; address = address->ai_next) {
    const int error = ConnectTo(*address, deadline);
    if (error == 0) {
      return {.result = ConnectResult::kConnected, .address = NumericAddress(*address)};
    }
    if (IsOfMissingFamily(error)) {
      if (last_error == 0) last_error = error;
      continue;
    }
    all_refused = all_refused && error == ECONNREFUSED;
    last_error = error;
  }
  const bool refused = all_refused && last_error == ECONNREFUSED;
  return {.result = refused ? ConnectResult::kRefused : ConnectResult::kNoAnswer,
          .error = std::strerror(last_error)};
}

}  // namespace

struct ConnectProber::State {
  struct Job {
    HostPort address;
    Duration timeout;
    absl::AnyInvocable<void(ConnectOutcome) &&> done;
  };

  explicit State(size_t limit) : max_threads(limit) {}

  static void RunWorker(const std::shared_ptr<State>& state);

  const size_t max_threads;
  Mutex mutex;
  CondVar work;
  CondVar quiet;
  std::deque<Job> jobs ABSL_GUARDED_BY(mutex);
  size_t threads ABSL_GUARDED_BY(mutex) = 0;
  size_t idle ABSL_GUARDED_BY(mutex) = 0;
  size_t callbacks_running ABSL_GUARDED_BY(mutex) = 0;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
};

void ConnectProber::State::RunWorker(const std::shared_ptr<State>& state) {
  while (true) {
    Job job;
    {
      MutexLock lock(&state->mutex);
      ++state->idle;
      while (state->jobs.empty() && !state->stopped) state->work.Wait(&state->mutex);
      --state->idle;
      if (state->stopped) return;
      job = std::move(state->jobs.front());
      state->jobs.pop_front();
    }
    ConnectOutcome outcome = ConnectOnce(job.address, job.timeout);
    {
      MutexLock lock(&state->mutex);
      if (state->stopped) return;
      ++state->callbacks_running;
    }
    std::move(job.done)(std::move(outcome));
    {
      MutexLock lock(&state->mutex);
      --state->callbacks_running;
    }
    state->quiet.NotifyAll();
  }
}

ConnectProber::ConnectProber(size_t max_concurrent)
    : state_(std::make_shared<State>(max_concurrent)) {}

ConnectProber::~ConnectProber() { Stop(); }

void ConnectProber::Probe(HostPort address, Duration timeout,
                          absl::AnyInvocable<void(ConnectOutcome) &&> done) {
  MutexLock lock(&state_->mutex);
  if (state_->stopped) return;
  state_->jobs.push_back({std::move(address), timeout, std::move(done)});
  if (state_->idle < state_->jobs.size() && state_->threads < state_->max_threads) {
    ++state_->threads;
    // Detached: a thread in getaddrinfo cannot be interrupted, and stopping must not wait for it.
    std::thread([state = state_] { State::RunWorker(state); }).detach();
  } else {
    state_->work.NotifyOne();
  }
}

void ConnectProber::Stop() {
  std::deque<State::Job> dropped;  // destroyed outside the lock
  {
    MutexLock lock(&state_->mutex);
    state_->stopped = true;
    dropped.swap(state_->jobs);
    state_->work.NotifyAll();
    while (state_->callbacks_running > 0) state_->quiet.Wait(&state_->mutex);
  }
}

}  // namespace quorate::server
