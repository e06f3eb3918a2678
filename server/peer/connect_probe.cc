#include "server/peer/connect_probe.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
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

// Returns whether the socket is connected to itself. That happens if the target is an ephemeral
// port on which no process listens, and the kernel assigns the same port to the dialling socket.
bool IsConnectedToItself(int fd) {
  sockaddr_storage here{};
  sockaddr_storage there{};
  socklen_t here_size = sizeof(here);
  socklen_t there_size = sizeof(there);
  return getsockname(fd, reinterpret_cast<sockaddr*>(&here), &here_size) == 0 &&
         getpeername(fd, reinterpret_cast<sockaddr*>(&there), &there_size) == 0 &&
         here_size == there_size && std::memcmp(&here, &there, here_size) == 0;
}

// Connects to `address` and disconnects. Returns 0, or the errno of the attempt; ETIMEDOUT if it
// has not succeeded by `deadline`.
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

// Returns whether the error means that this machine does not have the address's family. A common
// case is "localhost", which resolves to ::1 too.
bool IsOfMissingFamily(int error) { return error == EADDRNOTAVAIL || error == EAFNOSUPPORT; }

ConnectOutcome ConnectOnce(const HostPort& target, MonoTime deadline) {
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

struct ConnectProber::State : std::enable_shared_from_this<ConnectProber::State> {
  struct Job {
    const HostPort address;
    const MonoTime deadline;
    // Null after it was called. Guarded by the state's mutex.
    absl::AnyInvocable<void(ConnectOutcome) &&> done;
  };
  using JobPtr = std::shared_ptr<Job>;

  explicit State(size_t limit) : max_workers(limit) {}

  // The bodies of the threads. Workers resolve and connect. The watchdog reports kNoAnswer for jobs
  // past their deadline, because getaddrinfo has no timeout.
  void RunWorker();
  void RunWatchdog();
  // Starts a detached thread. It cannot be joined, because getaddrinfo cannot be interrupted.
  void Spawn(void (State::*body)());
  // Calls the job's `done`, unless it was called already or the prober is stopped.
  void Tell(const JobPtr& job, ConnectOutcome outcome);

  const size_t max_workers;
  Mutex mutex;
  CondVar work;
  CondVar watch;
  CondVar quiet;
  std::deque<JobPtr> jobs ABSL_GUARDED_BY(mutex);
  std::multimap<MonoTime, JobPtr> deadlines ABSL_GUARDED_BY(mutex);
  bool watched ABSL_GUARDED_BY(mutex) = false;
  size_t workers ABSL_GUARDED_BY(mutex) = 0;
  size_t idle ABSL_GUARDED_BY(mutex) = 0;
  size_t callbacks_running ABSL_GUARDED_BY(mutex) = 0;
  bool stopped ABSL_GUARDED_BY(mutex) = false;
};

void ConnectProber::State::Spawn(void (State::*body)()) {
  std::thread([self = shared_from_this(), body] { ((*self).*body)(); }).detach();
}

void ConnectProber::State::RunWorker() {
  while (true) {
    JobPtr job;
    {
      MutexLock lock(&mutex);
      ++idle;
      while (jobs.empty() && !stopped) work.Wait(&mutex);
      --idle;
      if (stopped) return;
      job = std::move(jobs.front());
      jobs.pop_front();
      if (job->done == nullptr) continue;
    }
    Tell(job, ConnectOnce(job->address, job->deadline));
  }
}

void ConnectProber::State::RunWatchdog() {
  while (true) {
    JobPtr late;
    {
      MutexLock lock(&mutex);
      while (!stopped &&
             (deadlines.empty() || deadlines.begin()->first > std::chrono::steady_clock::now())) {
        if (deadlines.empty()) {
          watch.Wait(&mutex);
        } else {
          watch.WaitUntil(&mutex, deadlines.begin()->first);
        }
      }
      if (stopped) return;
      late = std::move(deadlines.begin()->second);
      deadlines.erase(deadlines.begin());
    }
    Tell(late, {.error = "no answer before the timeout"});
  }
}

void ConnectProber::State::Tell(const JobPtr& job, ConnectOutcome outcome) {
  absl::AnyInvocable<void(ConnectOutcome) &&> done;
  {
    MutexLock lock(&mutex);
    if (stopped || job->done == nullptr) return;
    done = std::exchange(job->done, nullptr);
    ++callbacks_running;
  }
  std::move(done)(std::move(outcome));
  MutexLock lock(&mutex);
  --callbacks_running;
  quiet.NotifyAll();
}

ConnectProber::ConnectProber(size_t max_concurrent)
    : state_(std::make_shared<State>(max_concurrent)) {}

ConnectProber::~ConnectProber() { Stop(); }

void ConnectProber::Probe(HostPort address, Duration timeout,
                          absl::AnyInvocable<void(ConnectOutcome) &&> done) {
  const MonoTime deadline = std::chrono::steady_clock::now() + timeout;
  const State::JobPtr job(new State::Job{std::move(address), deadline, std::move(done)});
  MutexLock lock(&state_->mutex);
  if (state_->stopped) return;
  state_->jobs.push_back(job);
  if (state_->idle < state_->jobs.size() && state_->workers < state_->max_workers) {
    ++state_->workers;
    state_->Spawn(&State::RunWorker);
  } else {
    state_->work.NotifyOne();
  }
  if (state_->deadlines.emplace(deadline, job) == state_->deadlines.begin()) {
    state_->watch.NotifyOne();
  }
  if (!std::exchange(state_->watched, true)) state_->Spawn(&State::RunWatchdog);
}

void ConnectProber::Stop() {
  // Destroyed after the lock is released, because a callback may own anything.
  std::deque<State::JobPtr> dropped;
  std::multimap<MonoTime, State::JobPtr> dropped_deadlines;
  MutexLock lock(&state_->mutex);
  state_->stopped = true;
  dropped.swap(state_->jobs);
  dropped_deadlines.swap(state_->deadlines);
  state_->work.NotifyAll();
  state_->watch.NotifyAll();
  while (state_->callbacks_running > 0) state_->quiet.Wait(&state_->mutex);
}

}  // namespace quorate::server
