#include "server/program/process.h"

#include <grpc/support/log.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <initializer_list>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "base/background_log.h"
#include "base/check.h"
#include "server/calls/parse_errors.h"
#include "server/node/limits.h"
#include "server/program/log_level.h"

namespace quorate::server {
namespace {

sigset_t SetOf(std::initializer_list<int> numbers) {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : numbers) sigaddset(&signals, number);
  return signals;
}

// Returns whether gRPC complains about a TLS connection. Any process that connects can cause that,
// as often as it likes.
bool IsAboutTlsConnection(const gpr_log_func_args& args) {
  return strstr(args.file, "ssl_transport_security") != nullptr;
}

void LogFromGrpc(gpr_log_func_args* args) {
  if (IsAboutTlsConnection(*args)) {
    static std::atomic<int64_t> count = 0;
    ++count;
    LOG_EVERY_T(WARNING, 1) << "a TLS connection failed or was refused (" << count
                            << " so far): " << args->message;
    return;
  }
  const auto severity =
      args->severity == GPR_LOG_SEVERITY_ERROR ? google::GLOG_WARNING : google::GLOG_INFO;
  google::LogMessage(args->file, args->line, severity).stream() << "grpc: " << args->message;
}

}  // namespace

absl::Status InitLogs(const char* program, const ProcessConfig& config, const std::string& name) {
  const std::string& directory = config.log_dir;
  // A write to a pipe or connection whose reader died must return an error and not end the process.
  std::signal(SIGPIPE, SIG_IGN);
  if (!directory.empty() && access(directory.c_str(), W_OK | X_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("cannot write logs to log-dir '%s': %s: create it, or remove log-dir",
                        directory, strerror(errno)));
  }
  google::InitGoogleLogging(program);
  RETURN_IF_ERROR(
      BackgroundLog::Install(directory.empty() ? "" : absl::StrFormat("%s/%s.log", directory, name),
                             config.log_format == "json" ? LogFormat::kJson : LogFormat::kText));
  SetLogLevel(config.log_level);
  gpr_set_log_function(LogFromGrpc);
  RedirectProtobufLog();
  return absl::OkStatus();
}

void PrintError(const std::string& program, const absl::Status& status) {
  FlushLogs();
  WriteToStandardError(absl::StrFormat("%s: %s\n", program, std::string(status.message())));
}

void FlushLogs() { BackgroundLog::WaitUntilWritten(BackgroundLog::kLastWait); }

void SkipLockOrderChecks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

void RaiseDescriptorLimit() {
  rlimit limit = {};
  CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlim_t wanted = std::min<rlim_t>(kWantedDescriptors, limit.rlim_max);
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) PLOG(WARNING) << "cannot raise the descriptor limit";
    CHECK_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
  }
  LOG(INFO) << "this process may open " << limit.rlim_cur << " descriptors";
}

void HoldSignals() {
  const sigset_t signals = SetOf({SIGTERM, SIGINT, SIGHUP, SIGUSR1});
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &signals, nullptr), 0);
}

std::string WaitForStopSignal() {
  const sigset_t all = SetOf({SIGTERM, SIGINT, SIGHUP, SIGUSR1});
  while (true) {
    int signal = 0;
    CHECK_EQ(sigwait(&all, &signal), 0);
    if (signal == SIGHUP) {
      BackgroundLog::Reopen();
      LOG(INFO) << "SIGHUP: reopened the log file";
    } else if (signal == SIGUSR1) {
      ToggleDebugLog();
      LOG(ERROR) << "SIGUSR1: the log level is now " << CurrentLogLevel();
    } else {
      const sigset_t stop = SetOf({SIGTERM, SIGINT});
      CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &stop, nullptr), 0);
      return signal == SIGTERM ? "SIGTERM" : "SIGINT";
    }
  }
}

ReadyFile::ReadyFile(std::string path) : path_(std::move(path)) {
  if (!path_.empty()) unlink(path_.c_str());
}

ReadyFile::~ReadyFile() {
  if (!path_.empty()) unlink(path_.c_str());
}

absl::Status ReadyFile::Write(const std::vector<std::pair<std::string, int>>& lines) {
  if (path_.empty()) return absl::OkStatus();
  const std::string temporary = path_ + ".tmp";
  std::ofstream file(temporary);
  for (const auto& [name, number] : lines) file << name << "=" << number << "\n";
  file << "pid=" << getpid() << "\n";
  file.close();
  if (!file || rename(temporary.c_str(), path_.c_str()) != 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("cannot write ready-file '%s': %s", path_, strerror(errno)));
  }
  return absl::OkStatus();
}

}  // namespace quorate::server
