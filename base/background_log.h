// The log of a server. Lines pass a bounded queue to a thread of their own, so that a reader of the
// log that stopped or died neither delays nor ends a thread that logs. glog alone writes on the
// thread that logs, and one that waits for a full pipe stops every other one that wants to log.
#pragma once

#include <glog/logging.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/mutex.h"

namespace quorate {

// Thread-safe. Lives as long as the process: glog, which owns it, never gives up its loggers.
class BackgroundLog final : public google::base::Logger {
 public:
  // What waits for the writer; lines beyond it are dropped and counted.
  static constexpr size_t kMaxQueuedBytes = size_t{1} << 20;
  // How long a process that ends waits for the reader of its log.
  static constexpr Duration kLastWait = std::chrono::seconds(1);

  // Sends glog's lines of every severity to the end of the file `path`, or to standard error if
  // that is empty. A crash first waits, within a bound, for the lines before it. Call after
  // google::InitGoogleLogging. FAILED_PRECONDITION, PERMISSION_DENIED …: `path` cannot be opened.
  static absl::Status Install(const std::string& path);

  // Opens the file anew by its name before the next line: for who renamed it. Standard error stays
  // as it is.
  static void Reopen();

  // Waits until all lines so far are written, at most `timeout`; whether they are. Safe in a
  // signal's handler.
  static bool WaitUntilWritten(Duration timeout);

  // For tests: a log that glog does not know. `fd` stays the caller's.
  explicit BackgroundLog(int fd) : BackgroundLog("", fd) {}
  ~BackgroundLog() override;

  // google::base::Logger. An empty message with `force_flush` is what glog writes last before it
  // ends the process.
  void Write(bool force_flush, time_t timestamp, const char* message, size_t length) override;
  void Flush() override {}
  google::uint32 LogSize() override { return 0; }

  bool AwaitWritten(Duration timeout) const;

 private:
  BackgroundLog(std::string path, int fd);

  void Run();
  // Writes as much as can be written, and returns how many of the lines are missing then.
  int64_t WriteOut(std::string_view lines);
  void OpenAnew();

  const std::string path_;
  // The writer's own.
  int fd_;

  Mutex mutex_;
  CondVar wake_;
  std::string queue_ ABSL_GUARDED_BY(mutex_);
  int64_t dropped_lines_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reopen_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Bytes that are queued or being written.
  std::atomic<size_t> pending_{0};
  std::thread writer_;
};

// Writes to standard error, and gives up after a second in which nobody read it. For what is said
// last. Safe in a signal's handler.
void WriteToStandardError(std::string_view text);

}  // namespace quorate
