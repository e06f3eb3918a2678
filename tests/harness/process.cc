#include "tests/harness/process.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string_view>
#include <thread>

#include "base/check.h"
#include "tests/harness/temp_dir.h"

namespace quorate::testing {
namespace {

std::vector<std::string> Environment(const std::map<std::string, std::string>& added) {
  std::vector<std::string> result;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text(*variable);
    const std::string name(text.substr(0, text.find('=')));
    if (name.starts_with("QUORATE_") || added.contains(name)) continue;
    result.emplace_back(text);
  }
  for (const auto& [name, value] : added) result.push_back(name + "=" + value);
  return result;
}

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> result;
  result.reserve(strings.size() + 1);
  for (const std::string& text : strings) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

// Forks and runs argv with its output streams on the two descriptors.
pid_t Spawn(const std::vector<std::string>& argv, const std::vector<std::string>& environment,
            int out, int err) {
  const std::vector<char*> args = Pointers(argv);
  const std::vector<char*> env = Pointers(environment);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  PCHECK(pid >= 0) << "fork";
  if (pid > 0) return pid;
  // The child: only async-signal-safe calls from here on.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // the parent died before the call above
  setpgid(0, 0);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  const int null = open("/dev/null", O_RDONLY);
  dup2(null, STDIN_FILENO);
  for (int fd = 3; fd < 1024; ++fd) close(fd);
  execve(args[0], args.data(), env.data());
  const char message[] = "cannot execute the program\n";
  (void)!write(STDERR_FILENO, message, sizeof(message) - 1);
  _exit(127);
}

std::string ReadFile(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream content;
  content << in.rdbuf();
  return content.str();
}

}  // namespace

std::string ExitStatus::ToString() const {
  if (code) return "exit status " + std::to_string(*code);
  return std::string("signal ") + std::to_string(signal.value_or(0));
}

Process::Process(const std::vector<std::string>& argv, std::string log_path,
                 const std::map<std::string, std::string>& environment)
    : log_path_(std::move(log_path)) {
  CHECK(access(argv[0].c_str(), X_OK) == 0) << argv[0] << " is no program";
  const int log = open(log_path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  PCHECK(log >= 0) << log_path_;
  pid_ = Spawn(argv, Environment(environment), log, log);
  close(log);
}

Process::~Process() { Kill(); }

bool Process::Running() { return !Wait(std::chrono::milliseconds(0)).has_value(); }

void Process::Signal(int signal) {
  if (!status_) kill(pid_, signal);
}

std::optional<ExitStatus> Process::Wait(std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!status_) {
    int raw = 0;
    const pid_t result = waitpid(pid_, &raw, WNOHANG);
    PCHECK(result >= 0) << "waitpid " << pid_;
    if (result == pid_) {
      status_.emplace();
      if (WIFEXITED(raw)) status_->code = WEXITSTATUS(raw);
      if (WIFSIGNALED(raw)) status_->signal = WTERMSIG(raw);
      break;
    }
    if (std::chrono::steady_clock::now() >= deadline) return std::nullopt;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return status_;
}

void Process::Kill() {
  Signal(SIGKILL);
  CHECK(Wait(std::chrono::minutes(1)).has_value()) << "pid " << pid_ << " survives SIGKILL";
}

std::string Process::Log() const { return ReadFile(log_path_); }

RunResult Run(const std::vector<std::string>& argv,
              const std::map<std::string, std::string>& environment) {
  const TempDir directory;
  const std::string out_path = directory.path() + "/out";
  const std::string err_path = directory.path() + "/err";
  const int out = open(out_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  const int err = open(err_path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  PCHECK(out >= 0 && err >= 0);
  const pid_t pid = Spawn(argv, Environment(environment), out, err);
  close(out);
  close(err);
  RunResult result;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  int raw = 0;
  while (waitpid(pid, &raw, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      kill(pid, SIGKILL);
      LOG(FATAL) << argv[0] << " did not end: " << ReadFile(out_path) << ReadFile(err_path);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  if (WIFEXITED(raw)) result.status.code = WEXITSTATUS(raw);
  if (WIFSIGNALED(raw)) result.status.signal = WTERMSIG(raw);
  result.output = ReadFile(out_path);
  result.errors = ReadFile(err_path);
  return result;
}

int CountOf(const std::string& text, const std::string& what) {
  int count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

}  // namespace quorate::testing
