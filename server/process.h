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

// Sends the log to standard error, or to files in `directory` if that is not empty; the
// logs of gRPC and protobuf too. `level` is "info", "warning" or "error", the least severe that is kept. `program` must
// outlive the process. FAILED_PRECONDITION: the directory cannot be written.
absl::Status InitLogs(const char* program, const std::string& level, const std::string& directory);

// "program: message" on standard error: for what ends the program.
void PrintError(const std::string& program, const absl::Status& status);

// Switches off what Debian's abseil, built without NDEBUG, does for every lock that gRPC takes:
// keep one graph of all locks' order, under one lock. Call before any thread is made.
void SkipLockOrderChecks();

// Keeps SIGTERM and SIGINT for WaitForStopSignal. Call before any thread is made.
void HoldStopSignals();
// Waits for one of them and returns its name. The next one ends the process at once.
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
