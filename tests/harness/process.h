// A real program that a test starts, observes and ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace quorate::testing {

// How a process ended.
struct ExitStatus {
  // The code of exit(), or nullopt if a signal ended the process.
  std::optional<int> code;
  std::optional<int> signal;

  std::string ToString() const;
};

// A running process. The destructor kills it if it still runs. The kernel kills it when the thread
// that created it ends, so it also ends with a test that aborts. Not thread-safe.
class Process {
 public:
  // Starts argv[0] in a new process group and appends both of its output streams to `log_path`. Its
  // environment is that of the test without QUORATE_ variables, plus `environment`. CHECKs that it
  // could be started.
  Process(const std::vector<std::string>& argv, std::string log_path,
          const std::map<std::string, std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& log_path() const { return log_path_; }

  // Returns whether the process still runs. Reaps it if it has ended.
  bool Running();
  void Signal(int signal);
  // Waits until the process ends. Returns nullopt if it still runs after `timeout`.
  std::optional<ExitStatus> Wait(std::chrono::milliseconds timeout);
  // Sends SIGKILL and waits until the process has ended.
  void Kill();
  // Returns everything that this process, and earlier processes with the same log, have written so
  // far.
  std::string Log() const;

 private:
  pid_t pid_ = -1;
  std::string log_path_;
  std::optional<ExitStatus> status_;
};

// Counts how often `what` is in `text`, for example in a log.
int CountOf(const std::string& text, const std::string& what);

// The result of Run, which runs a program and CHECKs that it ends within a minute.
struct RunResult {
  ExitStatus status;
  std::string output;  // standard output
  std::string errors;  // standard error
};
RunResult Run(const std::vector<std::string>& argv,
              const std::map<std::string, std::string>& environment = {});

}  // namespace quorate::testing
