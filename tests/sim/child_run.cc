#include "tests/sim/child_run.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>

#include "absl/strings/str_format.h"
#include "base/check.h"

namespace quorate::sim {
namespace {

// For clang, only this form of the attribute is part of the type that glog wants.
__attribute__((noreturn)) void ExitFailed() { _exit(2); }

[[noreturn]] void BeChild(const std::function<std::optional<std::string>()>& run, int output,
                          int limit_seconds) {
  const rlimit limit = {.rlim_cur = static_cast<rlim_t>(limit_seconds), .rlim_max = RLIM_INFINITY};
  setrlimit(RLIMIT_CPU, &limit);
  const rlimit no_core = {.rlim_cur = 0, .rlim_max = 0};
  setrlimit(RLIMIT_CORE, &no_core);
  // The parent reads the last output of a child that dies.
  dup2(output, STDERR_FILENO);
  // Prints no stack trace, which is long and slow. The same seed reproduces it.
  std::signal(SIGABRT, SIG_DFL);
  google::InstallFailureFunction(&ExitFailed);
  const std::optional<std::string> wrong = run();
  if (!wrong) _exit(0);
  const ssize_t written = write(output, wrong->data(), wrong->size());
  _exit(written == static_cast<ssize_t>(wrong->size()) ? 1 : 3);
}

std::string ReadAll(int input) {
  std::string text;
  std::array<char, 4096> buffer;
  for (ssize_t n = 0; (n = read(input, buffer.data(), buffer.size())) > 0;) {
    text.append(buffer.data(), static_cast<size_t>(n));
  }
  return text;
}

// Returns the message of glog's line: "… Check failed: what".
std::string LastWords(const std::string& text) {
  const size_t check = text.rfind("] ");
  std::string words = check == std::string::npos ? text : text.substr(check + 2);
  return words.substr(0, words.find('\n'));
}

}  // namespace

std::optional<std::string> RunInChild(const std::function<std::optional<std::string>()>& run,
                                      int limit_seconds) {
  std::array<int, 2> ends;
  PCHECK(pipe(ends.data()) == 0);
  const pid_t child = fork();
  PCHECK(child >= 0);
  if (child == 0) BeChild(run, ends[1], limit_seconds);
  close(ends[1]);
  const std::string said = ReadAll(ends[0]);
  close(ends[0]);
  int status = 0;
  PCHECK(waitpid(child, &status, 0) == child);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
  if (WIFEXITED(status) && WEXITSTATUS(status) == 1) return said;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU) return "the run does not end";
  return absl::StrFormat("its own CHECK: %s", LastWords(said));
}

}  // namespace quorate::sim
