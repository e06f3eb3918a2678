// What the main function of both programs does besides running the server: set up the log, handle
// signals, write the ready file, and print errors.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/program/process_config.h"

namespace quorate::server {

// The exit statuses of both programs, as their manuals list them.
enum class ExitStatus { kStopped = 0, kFailed = 1, kBadConfiguration = 2 };

// Sends the log, including the logs of gRPC and protobuf, where `config` says. The log file is
// NAME.log. Logging never blocks the caller, and the process survives the death of the log's
// reader. `program` must outlive the process. Returns FAILED_PRECONDITION if the log directory
// cannot be written to.
absl::Status InitLogs(const char* program, const ProcessConfig& config, const std::string& name);

// Waits until the log is written, for at most a second.
void FlushLogs();

// Writes "program: message" to standard error. For errors that end the program.
void PrintError(const std::string& program, const absl::Status& status);

// Switches off abseil's deadlock detection. Debian builds abseil without NDEBUG, so by default
// every lock that gRPC takes updates one global graph of lock orders, under one lock. Call before
// the process starts a thread.
void SkipLockOrderChecks();

// Raises the soft limit on open descriptors to kWantedDescriptors (limits.h), as far as the hard
// limit allows.
void RaiseDescriptorLimit();

// Blocks SIGTERM, SIGINT, SIGHUP and SIGUSR1, so that WaitForStopSignal receives them. Call before
// the process starts a thread.
void HoldSignals();
// Waits for SIGTERM or SIGINT and returns its name; a second one ends the process at once. While it
// waits, SIGHUP reopens the log file, and SIGUSR1 switches the log level debug on and off.
std::string WaitForStopSignal();

// Tells the process that started this program that the program listens, and on which ports: lines
// NAME=NUMBER, written atomically.
class ReadyFile {
 public:
  // Removes a file that an earlier process left at `path`. If `path` is empty, no file is ever
  // written.
  explicit ReadyFile(std::string path);
  // Removes the file.
  ~ReadyFile();
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

  // Writes the lines and a line pid=N. Returns FAILED_PRECONDITION if the file cannot be written.
  absl::Status Write(const std::vector<std::pair<std::string, int>>& lines);

 private:
  const std::string path_;
};

}  // namespace quorate::server
