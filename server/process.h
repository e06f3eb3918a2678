// What a server's main does around the server itself, alike for both programs: logs, signals, the
// ready file, and how errors are told.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace quorate::server {

// A program's exit statuses, as its manual has them.
enum class ExitStatus { kStopped = 0, kFailed = 1, kBadConfiguration = 2 };

// Sends the log to standard error, or to the file NAME.log in `directory` if that is not empty; the
// logs of gRPC and protobuf too. Logging never blocks the caller, and a reader of the log that dies
// does not end the process. `level` is the least severe that is kept (log_level.h). `program` must
// outlive the process. FAILED_PRECONDITION: the directory cannot be written.
absl::Status InitLogs(const char* program, const std::string& level, const std::string& directory,
                      const std::string& name);

// Waits until the log is written, for a second at most.
void FlushLogs();

// "program: message" on standard error: for what ends the program.
void PrintError(const std::string& program, const absl::Status& status);

// Switches off what Debian's abseil, built without NDEBUG, does for every lock that gRPC takes:
// keep one graph of all locks' order, under one lock. Call before any thread is made.
void SkipLockOrderChecks();

// Raises the soft limit on open descriptors (limits.h), as far as the hard one lets it.
void RaiseDescriptorLimit();

// Keeps SIGTERM, SIGINT, SIGHUP and SIGUSR1 for WaitForStopSignal. Call before any thread is made.
void HoldSignals();
// Waits for SIGTERM or SIGINT and returns its name; the next one ends the process at once. Until
// then SIGHUP opens the log file anew, and SIGUSR1 switches the log level "debug" on and off.
std::string WaitForStopSignal();

// Tells whoever started the program that it listens: lines NAME=NUMBER, written in one step.
class ReadyFile {
 public:
  // Empty path: nothing is ever written. Removes what an earlier process left there.
  explicit ReadyFile(std::string path);
  // Removes the file.
  ~ReadyFile();
  ReadyFile(const ReadyFile&) = delete;
  ReadyFile& operator=(const ReadyFile&) = delete;

  // Adds a line pid=N. FAILED_PRECONDITION: it cannot be written there.
  absl::Status Write(const std::vector<std::pair<std::string, int>>& lines);

 private:
  const std::string path_;
};

}  // namespace quorate::server
