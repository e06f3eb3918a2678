// A server's log. Lines go through a bounded queue to a thread of their own, so that a log reader
// that is stopped or dead neither delays nor ends a thread that logs. Without it, glog writes on
// the thread that logs, and one thread that waits for a full pipe blocks every other thread that
// logs.
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
#include "base/instruments.h"
#include "base/mutex.h"

namespace quorate {

enum class LogFormat {
  kText,  // glog's own
  kJson,  // one object in each line (json_log_line.h)
};

// Queues lines and writes them on its own thread. Thread-safe. An installed log lives as long as
// the process: glog owns it and never deletes its loggers.
class BackgroundLog final : public google::base::Logger {
 public:
  // The limit on bytes that wait for the writer thread. Lines beyond it are dropped and counted.
  static constexpr size_t kMaxQueuedBytes = size_t{1} << 20;
  // How long a process that is about to end waits for the reader of its log.
  static constexpr Duration kLastWait = std::chrono::seconds(1);

  // Sends glog's lines of every severity to the end of the file `path`, or to standard error if
  // `path` is empty, in `format`. A crash first waits, up to kLastWait, until the lines before it
  // are written. Call after google::InitGoogleLogging. Returns FAILED_PRECONDITION,
  // PERMISSION_DENIED, … if `path` cannot be opened.
  static absl::Status Install(const std::string& path, LogFormat format);

  // Reopens the file by its name before the next line is written, for a log rotation that renamed
  // it. Does nothing if the log goes to standard error.
  static void Reopen();

  // Waits up to `timeout` until all lines so far are written. Returns whether they are. Safe in a
  // signal handler.
  static bool WaitUntilWritten(Duration timeout);

  // Counts the lines that were dropped since the process started.
  static const Counter& DroppedLines();

  // For tests: a log that is not installed in glog. The caller keeps ownership of `fd`.
  explicit BackgroundLog(int fd, LogFormat format = LogFormat::kText)
      : BackgroundLog("", fd, format) {}
  ~BackgroundLog() override;

  // google::base::Logger. The last message that glog passes before it ends the process is empty,
  // with `force_flush`.
  void Write(bool force_flush, time_t timestamp, const char* message, size_t length) override;
  void Flush() override {}
  google::uint32 LogSize() override { return 0; }

  bool AwaitWritten(Duration timeout) const;

 private:
  BackgroundLog(std::string path, int fd, LogFormat format);

  void Run();
  // Writes as many of `lines` as possible. Returns the number of lines that were not written.
  int64_t WriteOut(std::string_view lines);
  void OpenAnew();

  const std::string path_;
  const LogFormat format_;
  // Used only by the writer thread.
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

// Writes `text` to standard error. Gives up permanently once standard error accepts nothing for a
// second. For the last messages of a process. Safe in a signal handler.
void WriteToStandardError(std::string_view text);

}  // namespace quorate
