#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ostream>

#include "absl/strings/str_format.h"
#include "base/clock.h"
#include "cli/text.h"

namespace quorate::cli {
namespace {

constexpr int64_t kBarWidth = 20;
constexpr Duration kLineInterval = std::chrono::seconds(5);
// Moves the cursor of a terminal to the first column, and clears the line.
constexpr char kClearLine[] = "\r\x1b[2K";

}  // namespace

std::string ProgressText(const Progress& progress) {
  const int64_t total = std::max<int64_t>(progress.total, 1);
  const int64_t filled = progress.total == 0 ? kBarWidth : kBarWidth * progress.done / total;
  const int64_t percent = progress.total == 0 ? 100 : 100 * progress.done / total;
  std::string text = absl::StrFormat(
      "[%s%s] %3d %%, %d of %s, %d moving", std::string(static_cast<size_t>(filled), '#'),
      std::string(static_cast<size_t>(kBarWidth - filled), ' '), percent, progress.done,
      Plural(progress.total, "partition"), progress.moving);
  const int64_t done_now = progress.done - progress.done_before;
  const int64_t left = progress.total - progress.done;
  if (done_now <= 0 || left <= 0) return text;
  const double per_partition =
      static_cast<double>(ToMs(progress.elapsed)) / static_cast<double>(done_now);
  return text + absl::StrFormat(
                    ", about %s left",
                    DurationText(static_cast<int64_t>(per_partition * static_cast<double>(left))));
}

ProgressPrinter::ProgressPrinter(Session& session)
    : session_(session), on_terminal_(isatty(STDERR_FILENO) == 1) {}

void ProgressPrinter::Show(const Progress& progress) {
  if (session_.json()) return;
  const MonoTime now = SystemClock().Now();
  if (!on_terminal_ && shown_at_ && now - *shown_at_ < kLineInterval) return;
  const std::string text = ProgressText(progress);
  if (text == shown_) return;
  shown_ = text;
  shown_at_ = now;
  if (on_terminal_) {
    session_.err() << kClearLine << text << std::flush;
  } else {
    session_.err() << text << std::endl;
  }
}

void ProgressPrinter::Finish() {
  if (on_terminal_ && !shown_.empty()) session_.err() << std::endl;
  shown_.clear();
}

}  // namespace quorate::cli
