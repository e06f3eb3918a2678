#include "base/background_log.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "absl/strings/str_format.h"
#include "base/check.h"
#include "base/json_log_line.h"

namespace quorate {
namespace {

// A pipe that poll(2) reports as writable accepts this many bytes without blocking.
constexpr size_t kPipeBytes = 4096;

std::atomic<BackgroundLog*> installed{nullptr};

Counter all_dropped_lines;

// Installed for the severities above INFO. glog passes each line to the loggers of all lower
// severities too, so the INFO logger already receives every line.
class NoLog final : public google::base::Logger {
 public:
  void Write(bool /*force_flush*/, time_t /*timestamp*/, const char* /*message*/,
             size_t /*length*/) override {}
  void Flush() override {}
  google::uint32 LogSize() override { return 0; }
};

// Receives, in pieces, what glog reports about a signal that ends the process.
void WriteCrash(const char* data, size_t size) {
  static std::atomic<bool> waited{false};
  if (!waited.exchange(true)) BackgroundLog::WaitUntilWritten(BackgroundLog::kLastWait);
  WriteToStandardError(std::string_view(data, size));
}

bool IsWritable(int fd, Duration timeout) {
  pollfd poll_fd = {.fd = fd, .events = POLLOUT, .revents = 0};
  return poll(&poll_fd, 1, static_cast<int>(ToMs(timeout))) == 1;
}

// Ensures that no later write to standard error can block or fail.
void GiveUpStandardError() {
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (nowhere >= 0) dup2(nowhere, STDERR_FILENO);
}

}  // namespace

void WriteToStandardError(std::string_view text) {
  static std::atomic<bool> gave_up{false};
  while (!text.empty() && !gave_up) {
    if (!IsWritable(STDERR_FILENO, BackgroundLog::kLastWait)) {
      gave_up = true;
      return;
    }
    const ssize_t written = write(STDERR_FILENO, text.data(), std::min(text.size(), kPipeBytes));
    if (written < 0 && errno != EINTR) return;
    if (written > 0) text.remove_prefix(static_cast<size_t>(written));
  }
}

absl::Status BackgroundLog::Install(const std::string& path, LogFormat format) {
  int fd = STDERR_FILENO;
  if (!path.empty()) {
    fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) return absl::ErrnoToStatus(errno, absl::StrFormat("cannot open %s", path));
  }
  auto* log = new BackgroundLog(path, fd, format);
  for (int severity = google::GLOG_INFO; severity < google::NUM_SEVERITIES; ++severity) {
    google::base::Logger* logger = log;
    if (severity != google::GLOG_INFO) logger = new NoLog;
    google::base::SetLogger(severity, logger);
  }
  // Stops glog from writing any line itself.
  FLAGS_logtostderr = false;
  FLAGS_alsologtostderr = false;
  FLAGS_stderrthreshold = google::NUM_SEVERITIES;
  installed = log;
  google::InstallFailureWriter(&WriteCrash);
  return absl::OkStatus();
}

void BackgroundLog::Reopen() {
  BackgroundLog* log = installed;
  if (log == nullptr || log->path_.empty()) return;
  MutexLock lock(&log->mutex_);
  log->reopen_ = true;
  log->wake_.NotifyOne();
}

bool BackgroundLog::WaitUntilWritten(Duration timeout) {
  const BackgroundLog* log = installed;
  return log == nullptr || log->AwaitWritten(timeout);
}

BackgroundLog::BackgroundLog(std::string path, int fd, LogFormat format)
    : path_(std::move(path)), format_(format), fd_(fd) {
  // The writer thread handles no signals, whatever the other threads do.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &all, &before), 0);
  writer_ = std::thread([this] { Run(); });
  CHECK_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

BackgroundLog::~BackgroundLog() {
  {
    MutexLock lock(&mutex_);
    stopping_ = true;
    wake_.NotifyOne();
  }
  writer_.join();
}

const Counter& BackgroundLog::DroppedLines() { return all_dropped_lines; }

void BackgroundLog::Write(bool force_flush, time_t timestamp, const char* message, size_t length) {
  if (length == 0) {
    // glog next writes the stack of the failed CHECK to standard error, without a time limit.
    if (force_flush && !(AwaitWritten(kLastWait) && IsWritable(STDERR_FILENO, kLastWait))) {
      GiveUpStandardError();
    }
    return;
  }
  std::string_view line(message, length);
  std::string json;
  if (format_ == LogFormat::kJson) line = json = JsonLogLine(timestamp, line);
  MutexLock lock(&mutex_);
  if (queue_.size() + line.size() > kMaxQueuedBytes) {
    ++dropped_lines_;
    all_dropped_lines.Add();
    return;
  }
  queue_.append(line);
  pending_ += line.size();
  if (queue_.size() == line.size()) wake_.NotifyOne();
}

bool BackgroundLog::AwaitWritten(Duration timeout) const {
  const MonoTime deadline = std::chrono::steady_clock::now() + timeout;
  while (pending_ != 0) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void BackgroundLog::Run() {
  pthread_setname_np(pthread_self(), "log");
  while (true) {
    std::string lines;
    int64_t dropped = 0;
    bool reopen = false;
    {
      MutexLock lock(&mutex_);
      while (queue_.empty() && !reopen_ && !stopping_) wake_.Wait(&mutex_);
      if (queue_.empty() && !reopen_) return;
      reopen = std::exchange(reopen_, false);
      lines.swap(queue_);
      // The dropped lines came after `lines`, while the queue was full.
      dropped = std::exchange(dropped_lines_, 0);
    }
    if (reopen || fd_ < 0) OpenAnew();
    const int64_t unwritten = WriteOut(lines);
    all_dropped_lines.Add(static_cast<uint64_t>(unwritten));
    dropped += unwritten;
    if (dropped > 0) {
      std::string note = absl::StrFormat(
          "*** %d lines dropped here: the log could not be written for a while\n", dropped);
      if (format_ == LogFormat::kJson) note = JsonLogLine(time(nullptr), note);
      if (WriteOut(note) == 0) dropped = 0;
    }
    pending_ -= lines.size();
    MutexLock lock(&mutex_);
    dropped_lines_ += dropped;
  }
}

int64_t BackgroundLog::WriteOut(std::string_view lines) {
  while (!lines.empty()) {
    const ssize_t written = write(fd_, lines.data(), lines.size());
    if (written < 0 && errno != EINTR) break;
    if (written > 0) lines.remove_prefix(static_cast<size_t>(written));
  }
  return std::count(lines.begin(), lines.end(), '\n');
}

void BackgroundLog::OpenAnew() {
  if (fd_ >= 0) close(fd_);
  fd_ = open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
}

}  // namespace quorate
