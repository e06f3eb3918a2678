// One real program, started, watched and ended by a test.
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
  // The code of exit(), or nothing when a signal ended it.
  std::optional<int> code;
  std::optional<int> signal;

  std::string ToString() const;
};

// Not thread-safe. Killed by its destructor if it still runs, and by the kernel when the thread
// that made it ends: also with a test that aborts.
class Process {
 public:
  // Starts argv[0] with its output appended to `log_path` (both streams), in a process group of its
  // own. `environment` is added to the test's own, less every QUORATE_ variable of it. CHECKs that
  // it could be started.
  Process(const std::vector<std::string>& argv, std::string log_path,
          const std::map<std::string, std::string>& environment = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }
  const std::string& log_path() const { return log_path_; }

  // False once it has ended (it is reaped then).
  bool Running();
  void Signal(int signal);
  // Nothing if it still runs at the deadline.
  std::optional<ExitStatus> Wait(std::chrono::milliseconds timeout);
  // SIGKILL, and waits for the end.
  void Kill();
  // Everything it has written so far, by this and earlier processes with this log.
  std::string Log() const;

 private:
  pid_t pid_ = -1;
  std::string log_path_;
  std::optional<ExitStatus> status_;
};

// Runs a program to its end (CHECKs that it ends within a minute).
struct RunResult {
  ExitStatus status;
  std::string output;  // standard output
  std::string errors;  // standard error
};
RunResult Run(const std::vector<std::string>& argv,
              const std::map<std::string, std::string>& environment = {});

}  // namespace quorate::testing
