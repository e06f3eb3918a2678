#include "server/process.h"

#include <grpc/support/log.h>
#include <pthread.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "base/check.h"
#include "server/parse_errors.h"

namespace quorate::server {
namespace {

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

void LogFromGrpc(gpr_log_func_args* args) {
  const auto severity =
      args->severity == GPR_LOG_SEVERITY_ERROR ? google::GLOG_WARNING : google::GLOG_INFO;
  google::LogMessage(args->file, args->line, severity).stream() << "grpc: " << args->message;
}

}  // namespace

absl::Status InitLogs(const char* program, const std::string& level, const std::string& directory) {
  if (!directory.empty() && access(directory.c_str(), W_OK | X_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrFormat("cannot write logs to log-dir '%s': %s: make it, or leave log-dir out",
                        directory, strerror(errno)));
  }
  FLAGS_logtostderr = directory.empty();
  FLAGS_log_dir = directory;
  FLAGS_minloglevel = level == "error"     ? google::GLOG_ERROR
                      : level == "warning" ? google::GLOG_WARNING
                                           : google::GLOG_INFO;
  google::InitGoogleLogging(program);
  gpr_set_log_function(LogFromGrpc);
  TakeProtobufLog();
  return absl::OkStatus();
}

void PrintError(const std::string& program, const absl::Status& status) {
  google::FlushLogFiles(google::GLOG_INFO);
  std::cerr << program << ": " << std::string(status.message()) << std::endl;
}

void SkipLockOrderChecks() { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

void HoldStopSignals() {
  const sigset_t signals = StopSignals();
  CHECK_EQ(pthread_sigmask(SIG_BLOCK, &signals, nullptr), 0);
}

std::string WaitForStopSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  CHECK_EQ(sigwait(&signals, &signal), 0);
  CHECK_EQ(pthread_sigmask(SIG_UNBLOCK, &signals, nullptr), 0);
  return signal == SIGTERM ? "SIGTERM" : "SIGINT";
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
